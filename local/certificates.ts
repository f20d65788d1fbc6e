import { randomBytes } from "node:crypto";
import { writeFileSync } from "node:fs";
import path from "node:path";
import { generate, type SubjectAltNameEntry } from "selfsigned";

/** Everything here is https, as in Azure: the storage SDKs refuse to send a bearer token over anything else. */
export interface Certificates {
  /** PEM of the authority that clients must trust. */
  ca: string;
  caFile: string;
  /** PEM of the one server certificate, for 127.0.0.1 and localhost. */
  cert: string;
  certFile: string;
  key: string;
  keyFile: string;
}

const days = 24 * 60 * 60 * 1000;
const hosts: SubjectAltNameEntry[] = [
  { type: 7, ip: "127.0.0.1" },
  { type: 2, value: "localhost" },
];

/** Makes an authority of this run's own; its key is forgotten when this returns. */
export async function makeCertificates(home: string): Promise<Certificates> {
  // A client that trusts several of them finds the right one by its name.
  const name = `Local authority ${randomBytes(8).toString("hex")}`;
  const authority = await generate([{ name: "commonName", value: name }], {
    keyType: "ec",
    algorithm: "sha256",
    notAfterDate: new Date(Date.now() + 30 * days),
    extensions: [
      { name: "basicConstraints", cA: true, critical: true },
      { name: "keyUsage", keyCertSign: true, cRLSign: true, critical: true },
    ],
  });
  const server = await generate([{ name: "commonName", value: "127.0.0.1" }], {
    keyType: "ec",
    algorithm: "sha256",
    notAfterDate: new Date(Date.now() + 30 * days),
    ca: { key: authority.private, cert: authority.cert },
    extensions: [
      { name: "basicConstraints", cA: false, critical: true },
      { name: "keyUsage", digitalSignature: true, critical: true },
      { name: "extKeyUsage", serverAuth: true },
      { name: "subjectAltName", altNames: hosts },
    ],
  });
  const write = (name: string, pem: string) => {
    const file = path.join(home, name);
    writeFileSync(file, pem, { mode: 0o600 });
    return file;
  };
  return {
    ca: authority.cert,
    caFile: write("ca.pem", authority.cert),
    cert: server.cert,
    certFile: write("cert.pem", server.cert),
    key: server.private,
    keyFile: write("key.pem", server.private),
  };
}
