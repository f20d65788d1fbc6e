/** Something that Azure can do and this cloud cannot. */
export class NotSupported extends Error {
  override readonly name = "NotSupported";

  constructor(what: string) {
    super(`The local cloud does not support ${what}.`);
  }
}
