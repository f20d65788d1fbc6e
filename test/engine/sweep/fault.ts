/** What goes wrong once: it is refused; or it is done and the connection breaks; or it is done, but not known to be whole. */
export type Mishap = "refused" | "hung up" | "unfinished";

/** A resource as the engine names it: Pulumi's token and the program's name. */
export interface Place {
  type: string;
  name: string;
}

/** One step of one resource that does not go as it should. */
export interface Fault extends Place {
  step: "create" | "delete";
  mishap: Mishap;
}

/** A fault as a line of the sweep's report. */
export function describe({ step, type, name, mishap }: Fault): string {
  return `${step} of ${type.split(":").at(-1)} ${name}: ${mishap}`;
}
