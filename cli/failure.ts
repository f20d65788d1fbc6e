/** What was asked for could not be done: its message is a sentence that says what to do. */
export class Failure extends Error {
  override readonly name: string = "Failure";
}

/** The command was not used as it is meant to be. */
export class WrongUsage extends Failure {
  override readonly name = "WrongUsage";
}
