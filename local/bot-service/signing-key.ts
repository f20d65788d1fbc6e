import { generateKeyPairSync, type JsonWebKey, type KeyObject, randomUUID } from "node:crypto";

/** The channels of this key. botbuilder accepts an activity only when its channel is in this list. */
const endorsements = ["directline", "webchat"];

/** The RSA key that signs the tokens for bots. Every process makes a new key. */
export class SigningKey {
  readonly id = randomUUID();
  readonly privateKey: KeyObject;
  private readonly publicKey: KeyObject;

  constructor() {
    const pair = generateKeyPairSync("rsa", { modulusLength: 2048 });
    this.privateKey = pair.privateKey;
    this.publicKey = pair.publicKey;
  }

  /** The public key, in the format of the key set. */
  get jwk(): JsonWebKey & { endorsements: string[] } {
    return { ...this.publicKey.export({ format: "jwk" }), kid: this.id, use: "sig", alg: "RS256", endorsements };
  }
}
