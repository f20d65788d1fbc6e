import { Router } from "express";
import type { SigningKey } from "./signing-key";

/** Path of the metadata below the service's base URL. */
export const metadataPath = "/v1/.well-known/openidconfiguration";
const keysPath = "/v1/.well-known/keys";

/** The OpenID metadata and the key set. Bots verify the service's tokens with them. */
export function openId(issuer: string, key: SigningKey, base: () => string): Router {
  const router = Router();
  router.get(metadataPath, (_request, response) => {
    response.json({
      issuer,
      jwks_uri: base() + keysPath,
      id_token_signing_alg_values_supported: ["RS256"],
      token_endpoint_auth_methods_supported: ["private_key_jwt"],
    });
  });
  router.get(keysPath, (_request, response) => {
    response.json({ keys: [key.jwk] });
  });
  return router;
}
