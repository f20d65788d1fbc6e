/** An app cannot use one of the tables. */
export class TableUnreachable extends Error {
  override readonly name = "TableUnreachable";

  /** In words for whoever runs the apps. @param error what Azure's SDK threw */
  static because(table: string, error: unknown): TableUnreachable {
    const { message } = error as Error;
    return new TableUnreachable(`table ${table}: ${meanings[tableErrorCode(error) ?? ""] ?? message}`);
  }
}

/** What Azure's error codes mean to whoever runs the apps. */
const meanings: Record<string, string> = {
  AuthorizationPermissionMismatch: "the role Storage Table Data Contributor is missing, or does not work yet",
  TableNotFound: 'it does not exist: the Pulumi program makes it, so run "pulumi up"',
};

/** Such as `ResourceNotFound`: learn.microsoft.com/rest/api/storageservices/table-service-error-codes */
export function tableErrorCode(error: unknown): string | undefined {
  return (error as { details?: { odataError?: { code?: string } } }).details?.odataError?.code;
}
