import type { BotServiceUrls } from "../bot-service/bot-service";

/** A row for `infra/`'s table of clouds, which the program takes as its config `cloud`. */
export function cloudRow(
  { openIdMetadata, serviceUrl, teams }: BotServiceUrls,
  issuer: string,
  directLine: string,
  resourceManager: string,
) {
  const url = new URL(serviceUrl);
  return {
    directLine,
    teams,
    tokenIssuer: issuer,
    channelOpenIdMetadata: openIdMetadata,
    emulatorOpenIdMetadata: openIdMetadata,
    loginUrl: url.origin,
    oauthUrl: url.origin,
    connectorScope: "https://api.botframework.com",
    callerId: "urn:botframework:azure",
    appServiceAudience: "https://appservice.azure.com",
    vaultAudience: "https://vault.azure.net",
    resourceManager,
    portal: url.origin,
    serviceHosts: [url.host],
  };
}
