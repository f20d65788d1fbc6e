import { credentials, type requestCallback } from "@grpc/grpc-js";
import type { PluginInfo } from "@pulumi/pulumi/proto/plugin_pb";
import { ResourceProviderClient } from "@pulumi/pulumi/proto/provider_grpc_pb";
import * as messages from "@pulumi/pulumi/proto/provider_pb";
import { Empty } from "google-protobuf/google/protobuf/empty_pb";
import { type JavaScriptValue, Struct } from "google-protobuf/google/protobuf/struct_pb";
import type { Properties } from "../../../local/cloud/resource-type";

/** What Pulumi's engine asks of a provider. Every resource is called `name`. */
export class EngineSide {
  private readonly client: ResourceProviderClient;

  constructor(port: number) {
    this.client = new ResourceProviderClient(`127.0.0.1:${port}`, credentials.createInsecure());
  }

  async version(): Promise<string> {
    return (await answer<PluginInfo>((done) => this.client.getPluginInfo(new Empty(), done))).getVersion();
  }

  configure(variables: Record<string, string>): Promise<messages.ConfigureResponse> {
    const request = new messages.ConfigureRequest();
    for (const [key, value] of Object.entries(variables)) request.getVariablesMap().set(key, value);
    return answer((done) => this.client.configure(request, done));
  }

  async check(type: string, news: Properties, olds: Properties = {}) {
    const request = of(type, new messages.CheckRequest()).setOlds(struct(olds)).setNews(struct(news));
    const response = await answer<messages.CheckResponse>((done) => this.client.check(request, done));
    const failures = response.getFailuresList().map((failure) => failure.toObject());
    return { inputs: plain(response.getInputs()), failures };
  }

  async diff(type: string, olds: Properties, news: Properties) {
    const request = of(type, new messages.DiffRequest()).setOldInputs(struct(olds)).setNews(struct(news));
    const response = await answer<messages.DiffResponse>((done) => this.client.diff(request, done));
    const detailed = [...response.getDetaileddiffMap().entries()].map(([path, diff]) => [path, diff.getKind()]);
    return {
      changed: response.getChanges() === messages.DiffResponse.DiffChanges.DIFF_SOME,
      inputs: response.getDiffsList(),
      replaces: response.getReplacesList(),
      deleteBeforeReplace: response.getDeletebeforereplace(),
      detailed: Object.fromEntries(detailed),
    };
  }

  async create(type: string, inputs: Properties, preview = false) {
    const request = of(type, new messages.CreateRequest()).setProperties(struct(inputs)).setPreview(preview);
    const response = await answer<messages.CreateResponse>((done) => this.client.create(request, done));
    return { id: response.getId(), outputs: plain(response.getProperties()) };
  }

  async read(type: string, id: string, inputs: Properties, outputs: Properties) {
    const old = of(type, new messages.ReadRequest()).setId(id);
    const request = old.setInputs(struct(inputs)).setProperties(struct(outputs));
    const response = await answer<messages.ReadResponse>((done) => this.client.read(request, done));
    return { id: response.getId(), inputs: plain(response.getInputs()), outputs: plain(response.getProperties()) };
  }

  async update(type: string, id: string, olds: Properties, news: Properties, preview = false): Promise<Properties> {
    const old = of(type, new messages.UpdateRequest()).setId(id).setOlds(struct(olds));
    const request = old.setNews(struct(news)).setPreview(preview);
    const response = await answer<messages.UpdateResponse>((done) => this.client.update(request, done));
    return plain(response.getProperties());
  }

  async delete(type: string, id: string): Promise<void> {
    const request = of(type, new messages.DeleteRequest()).setId(id);
    await answer<Empty>((done) => this.client.delete(request, done));
  }

  async invoke(token: string, args: Properties): Promise<Properties> {
    const request = new messages.InvokeRequest().setTok(token).setArgs(struct(args));
    return plain((await answer<messages.InvokeResponse>((done) => this.client.invoke(request, done))).getReturn());
  }

  close(): void {
    this.client.close();
  }
}

function of<
  Request extends { setUrn(urn: string): Request; setType(type: string): Request; setName(name: string): Request },
>(type: string, request: Request): Request {
  return request.setUrn(`urn:pulumi:stack::project::${type}::name`).setType(type).setName("name");
}

function answer<Response>(call: (done: requestCallback<Response>) => void): Promise<Response> {
  return new Promise((resolve, reject) => {
    call((error, response) => (error ? reject(error) : resolve(response as Response)));
  });
}

function struct(properties: Properties): Struct {
  return Struct.fromJavaScript(properties as Record<string, JavaScriptValue>);
}

function plain(properties: Struct | undefined): Properties {
  return properties?.toJavaScript() ?? {};
}
