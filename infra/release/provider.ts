import type * as pulumi from "@pulumi/pulumi";
import type { App } from "./app";
import { releaseApp } from "./release-app";
import { unhurried } from "./wait";

/** What stays in the stack's state, and what `diff` compares. Nothing secret. */
type Released = Pick<App, "site" | "kind" | "version">;

/**
 * Pulumi stores this object as text and runs it in another process: it may capture only node's builtins and the plain
 * functions of this folder (no classes, no packages, no changing module state).
 */
export const releaseProvider: pulumi.dynamic.ResourceProvider<App, Released> = {
  async diff(_id, old, next) {
    const moved = old.site !== next.site;
    return {
      changes: moved || old.kind !== next.kind || old.version !== next.version,
      replaces: moved ? ["site"] : [],
    };
  },

  async create(app) {
    await releaseApp(app, unhurried);
    return { id: app.site, outs: { site: app.site, kind: app.kind, version: app.version } };
  },

  async update(_id, _old, app) {
    await releaseApp(app, unhurried);
    return { outs: { site: app.site, kind: app.kind, version: app.version } };
  },
};
