/** What the person reading an error can do, by the step that failed. */
export function hintFor(step: "push" | "deployment" | "health" | "ready"): string {
  const hints = {
    push:
      "What to do: check that whoever runs `pulumi up` is at least Contributor on the resource group and that the SCM " +
      "site is reachable from here (no access restriction). New role assignments take up to 10 minutes; then run `pulumi up` again.",
    deployment:
      "What to do: read the deployment log above (Azure portal: the app, Deployment Center, Logs); then run `pulumi up` again.",
    health:
      "What to do: look at the app's own output (Azure portal: the app, Log stream; or `az webapp log tail`). If it only " +
      "needs longer to start, raise the config `releaseTimeout`; then run `pulumi up` again.",
    ready:
      "What to do: the app runs, but cannot use something it needs with its identity (queue, tables, vault). New role " +
      "assignments take up to 10 minutes: run `pulumi up` again or raise the config `releaseTimeout`; then check the " +
      "app's role assignments and its Log stream.",
  };
  return hints[step];
}
