import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { type Connection, connectionFiles, connectionsFolder, isAlive } from "../cli/stack/connection";
import { operatorEnvironment } from "./operator-credential";
import { directLineReference } from "./send-message";
import type { StackDescription } from "./stack-description";

/** Writes the file by which the operator's tool finds a stack, whole or not at all. @returns removes it */
export function publishConnection(stack: StackDescription, folder = connectionsFolder): () => void {
  removeOutdated(folder);
  const { outputs, local } = stack;
  const connection: Connection = {
    pid: process.pid,
    page: local.page,
    outputs,
    caFile: local.caFile,
    environment: operatorEnvironment(stack),
    reference: directLineReference(stack),
  };
  mkdirSync(folder, { recursive: true });
  const file = path.join(folder, `${process.pid}-${new URL(local.page).port}.json`);
  writeFileSync(`${file}.new`, JSON.stringify(connection, undefined, 2), { mode: 0o600 });
  renameSync(`${file}.new`, file);
  return () => rmSync(file, { force: true });
}

/** The files of stacks that were killed before they could remove them. */
function removeOutdated(folder: string): void {
  for (const file of connectionFiles(folder)) {
    const { pid } = JSON.parse(readFileSync(file, "utf8")) as Connection;
    if (!isAlive(pid)) rmSync(file, { force: true });
  }
}
