import { type handleUnaryCall, Metadata, Server, ServerCredentials, type ServiceError, status } from "@grpc/grpc-js";
import { PluginInfo } from "@pulumi/pulumi/proto/plugin_pb";
import { ResourceProviderService } from "@pulumi/pulumi/proto/provider_grpc_pb";
import * as messages from "@pulumi/pulumi/proto/provider_pb";
import { Status } from "@pulumi/pulumi/proto/status_pb";
import { Any } from "google-protobuf/google/protobuf/any_pb";
import { Empty } from "google-protobuf/google/protobuf/empty_pb";
import { type JavaScriptValue, Struct } from "google-protobuf/google/protobuf/struct_pb";
import type { Properties } from "../cloud/resource-type";
import { type CloudProvider, previewOutputs } from "./cloud-provider";
import { inputOf, propertyDiff } from "./property-diff";
import { Unfinished } from "./unfinished";

/**
 * A provider on a port, for the engine to attach to by PULUMI_DEBUG_PROVIDERS: Pulumi's protocol, github.com/pulumi/pulumi,
 * proto/pulumi/provider.proto. Not by `main` of @pulumi/pulumi/provider, which can neither say that previews are supported (the
 * engine then takes inputs for outputs, and half a vault for a whole one), nor see old inputs and the stack's config, nor close.
 */
export class ProviderServer {
  private constructor(
    private readonly server: Server,
    readonly port: number,
  ) {}

  /** @param version what the provider says of itself */
  static open(provider: CloudProvider, version: string): Promise<ProviderServer> {
    const server = new Server();
    server.addService(ResourceProviderService, implementation(provider, version));
    return new Promise((resolve, reject) => {
      server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, port) =>
        error ? reject(error) : resolve(new ProviderServer(server, port)),
      );
    });
  }

  close(): void {
    this.server.forceShutdown();
  }
}

/** gRPC answers the other methods with UNIMPLEMENTED. */
function implementation(provider: CloudProvider, version: string) {
  return {
    attach: unary(() => new Empty()),
    cancel: unary(() => new Empty()),
    getPluginInfo: unary(() => new PluginInfo().setVersion(version)),

    checkConfig: unary((request: messages.CheckRequest) => new messages.CheckResponse().setInputs(request.getNews())),
    diffConfig: unary(() => new messages.DiffResponse().setChanges(messages.DiffResponse.DiffChanges.DIFF_NONE)),

    configure: unary((request: messages.ConfigureRequest) => {
      const variables = [...request.getVariablesMap().entries()];
      provider.configure(Object.fromEntries(variables.map(([key, value]) => [key.split(":").at(-1), value])));
      return new messages.ConfigureResponse().setSupportspreview(true);
    }),

    check: unary((request: messages.CheckRequest) => {
      const { inputs, failures } = provider.check(named(request), plain(request.getOlds()), plain(request.getNews()));
      const refused = failures.map(({ property, reason }) =>
        new messages.CheckFailure().setProperty(property).setReason(reason),
      );
      return new messages.CheckResponse().setInputs(struct(inputs)).setFailuresList(refused);
    }),

    diff: unary((request: messages.DiffRequest) => {
      const [olds, news] = [plain(request.getOldInputs()), plain(request.getNews())];
      const { changed, replaces, deleteBeforeReplace } = provider.diff(named(request), olds, news);
      const { DIFF_NONE, DIFF_SOME } = messages.DiffResponse.DiffChanges;
      const response = new messages.DiffResponse()
        .setChanges(changed.length ? DIFF_SOME : DIFF_NONE)
        .setDiffsList([...new Set(changed.map(inputOf))])
        .setReplacesList([...new Set(replaces.map(inputOf))])
        .setDeletebeforereplace(deleteBeforeReplace)
        .setHasdetaileddiff(true);
      const detailed = response.getDetaileddiffMap();
      for (const path of changed) detailed.set(path, propertyDiff(path, replaces.includes(path), olds, news));
      return response;
    }),

    create: unary(async (request: messages.CreateRequest) => {
      const inputs = plain(request.getProperties());
      if (request.getPreview()) return new messages.CreateResponse().setProperties(struct(previewOutputs(inputs)));
      const { id, outputs } = await provider.create(named(request), inputs);
      return new messages.CreateResponse().setId(id).setProperties(struct(outputs));
    }),

    read: unary(async (request: messages.ReadRequest) => {
      const old = { inputs: plain(request.getInputs()), outputs: plain(request.getProperties()) };
      const found = await provider.read(request.getId(), old);
      if (!found) return new messages.ReadResponse(); // an empty id: gone
      const { id, inputs, outputs } = found;
      return new messages.ReadResponse().setId(id).setInputs(struct(inputs)).setProperties(struct(outputs));
    }),

    update: unary(async (request: messages.UpdateRequest) => {
      const news = plain(request.getNews());
      const outputs = request.getPreview()
        ? previewOutputs(news, plain(request.getOlds()))
        : (await provider.update(named(request), request.getId(), news)).outputs;
      return new messages.UpdateResponse().setProperties(struct(outputs));
    }),

    delete: unary(async (request: messages.DeleteRequest) => {
      await provider.delete(named(request), request.getId());
      return new Empty();
    }),

    invoke: unary(async (request: messages.InvokeRequest) => {
      const result = await provider.invoke(request.getTok(), plain(request.getArgs()));
      return new messages.InvokeResponse().setReturn(struct(result));
    }),
  };
}

/** The engine shows an error's message as it is. */
function unary<Request, Response>(
  answer: (request: Request) => Response | Promise<Response>,
): handleUnaryCall<Request, Response> {
  return async ({ request }, callback) => {
    try {
      callback(null, await answer(request));
    } catch (error) {
      callback(refusal(error as Error));
    }
  };
}

function refusal(error: Error): Partial<ServiceError> {
  const { message } = error;
  const metadata = error instanceof Unfinished ? details(error) : undefined;
  return { code: status.UNKNOWN, details: message, metadata };
}

/** gRPC's richer errors: grpc.io/docs/guides/error/#richer-error-model */
function details({ id, outputs, message }: Unfinished): Metadata {
  const failed = new messages.ErrorResourceInitFailed()
    .setId(id)
    .setProperties(struct(outputs))
    .setReasonsList([message]);
  const detail = new Any();
  detail.pack(failed.serializeBinary(), "pulumirpc.ErrorResourceInitFailed");
  const whole = new Status().setCode(status.UNKNOWN).setMessage(message).setDetailsList([detail]);
  const metadata = new Metadata();
  metadata.set("grpc-status-details-bin", Buffer.from(whole.serializeBinary()));
  return metadata;
}

function named(request: { getUrn(): string; getType(): string; getName(): string }) {
  return { urn: request.getUrn(), type: request.getType(), name: request.getName() };
}

/** Null means that nothing was said. */
function plain(properties: Struct | undefined): Properties {
  return withoutNull(properties?.toJavaScript() ?? {}) as Properties;
}

function withoutNull(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNull);
  if (typeof value !== "object" || value === null) return value;
  const members = Object.entries(value).filter(([, member]) => member !== null);
  return Object.fromEntries(members.map(([key, member]) => [key, withoutNull(member)]));
}

/** By way of JSON, which drops what is undefined. */
function struct(properties: Properties): Struct {
  return Struct.fromJavaScript(JSON.parse(JSON.stringify(properties)) as Record<string, JavaScriptValue>);
}
