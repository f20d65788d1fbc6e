import type { Properties } from "./cloud/resource-type";

/** A running stack for its clients; `npm start -- --json` prints it. */
export interface StackDescription {
  outputs: Properties;
  local: {
    /** The console page. */
    page: string;
    /** `domain` as Direct Line's clients take it, with the path. */
    directLine: { domain: string; secret: string; serviceUrl: string };
    bot: string;
    function: string;
    /** The storage account's endpoints, with a slash at the end. */
    queueService: string;
    tableService: string;
    /** The vault's URL, with a slash at the end; null where the program makes none. */
    vault: string | null;
    identity: { endpoint: string; header: string; operatorClientId: string };
    /** PEM of the authority that signed every https certificate here. */
    caFile: string;
    processes: { name: string; pid: number }[];
  };
}
