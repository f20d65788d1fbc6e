import { createRequire } from "node:module";
import type { Realised } from "../cloud/resource-manager";
import type { Properties } from "../cloud/resource-type";

interface Provider {
  create(inputs: Properties): Promise<{ id: string; outs?: Properties }>;
}

/** A dynamic resource brings its provider with it, as text. */
export function isDynamic(inputs: Properties): boolean {
  return typeof inputs.__provider === "string";
}

/** Runs the provider as Pulumi's own dynamic provider does: it evaluates the text, which exports `handler`. */
export async function createDynamic({ __provider: text, ...inputs }: Properties): Promise<Realised> {
  const module = { exports: {} as { handler(): Provider } };
  const evaluate = new Function("module", "exports", "require", String(text));
  evaluate(module, module.exports, createRequire(__filename));
  const { id, outs } = await module.exports.handler().create(inputs);
  return { id, outputs: { ...inputs, ...outs } };
}
