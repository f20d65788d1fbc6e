import { generateKeyPairSync, type JsonWebKey, type KeyObject, randomUUID } from "node:crypto";

/** The channels that the service speaks for: botbuilder accepts an activity only when its channel is among them. */
const endorsements = ["directline", "webchat"];

/** The RSA key that signs what the service sends to bots; a new one in every process. */
export class SigningKey {
  readonly id = randomUUID();
  readonly privateKey: KeyObject;
  private readonly publicKey: KeyObject;

  constructor() {
    const pair = generateKeyPairSync("rsa", { modulusLength: 2048 });
    this.privateKey = pair.privateKey;
    this.publicKey = pair.publicKey;
  }

  /** The public half, as the key set shows it. */
  get jwk(): JsonWebKey & { endorsements: string[] } {
    return { ...this.publicKey.export({ format: "jwk" }), kid: this.id, use: "sig", alg: "RS256", endorsements };
  }
}
