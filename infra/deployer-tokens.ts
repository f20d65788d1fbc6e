import * as authorization from "@pulumi/azure-native/authorization";
import * as pulumi from "@pulumi/pulumi";
import type { DeployerTokens } from "./release/app";

/**
 * The deployer's tokens for App Service and for Azure Resource Manager; azure-native asks for the second when no audience
 * is named. SCM sites may still know only the second, github.com/microsoft/vscode-azuretools/pull/2258. Some logins get only
 * that one, github.com/Azure/CloudShell/issues/577: then a warning on `asker` says so.
 * @throws RunError when there is none for Azure Resource Manager
 */
export async function askForTokens(audience: string, asker: pulumi.Resource): Promise<DeployerTokens> {
  const [appService, resourceManager] = await Promise.all([askForToken(audience), askForToken()]);
  const { token, refusal } = appService;
  if (!resourceManager.token) {
    throw new pulumi.RunError(
      "The apps cannot be released, because your login gets no token for Azure Resource Manager " +
        `(${resourceManager.refusal})${token ? "" : ` and none for App Service (${refusal})`}. ` +
        "Log in again (`az login`), then run `pulumi up` again.",
    );
  }
  if (!token) {
    await pulumi.log.warn(
      `Your login gets no token for App Service (${refusal}). The code is pushed with the token for Azure Resource Manager instead.`,
      asker,
    );
  }
  return { appService: token, resourceManager: resourceManager.token };
}

/** As a promise, whose failure can be caught: an Output's fails the program. */
async function askForToken(endpoint?: string): Promise<{ token?: string; refusal?: string }> {
  try {
    return await authorization.getClientToken({ endpoint });
  } catch (error) {
    return { refusal: (error as Error).message.trim().replace(/\.$/, "") };
  }
}
