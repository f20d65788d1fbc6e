import type { ErrorRequestHandler, Response } from "express";

/** An error in the format of Key Vault: learn.microsoft.com/azure/key-vault/general/rest-error-codes */
export class VaultError extends Error {
  override readonly name = "VaultError";

  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly innerCode?: string,
  ) {
    super(message);
  }
}

export const answerVaultError: ErrorRequestHandler = (error, _request, response: Response, _next) => {
  const { status, code, message, innerCode } = toVaultError(error);
  response.status(status).json({ error: { code, message, ...(innerCode && { innererror: { code: innerCode } }) } });
};

function toVaultError(error: Error & { status?: number }): VaultError {
  if (error instanceof VaultError) return error;
  if (error.status && error.status < 500) return new VaultError(error.status, "BadParameter", error.message);
  return new VaultError(500, "InternalServerError", "The local vault failed.");
}
