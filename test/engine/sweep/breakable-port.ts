import { connect, createServer, type Server, type Socket } from "node:net";
import { listen, stop } from "../../../local/listen";

/** A port before another one, whose connections can all be broken at once. */
export class BreakablePort {
  private readonly sockets = new Set<Socket>();

  private constructor(
    private readonly server: Server,
    readonly port: number,
  ) {}

  static async open(target: number): Promise<BreakablePort> {
    const server = createServer();
    const opened = new BreakablePort(server, await listen(server));
    server.on("connection", (socket) => opened.join(socket, connect(target, "127.0.0.1")));
    return opened;
  }

  break(): void {
    for (const socket of this.sockets) socket.destroy();
  }

  close(): Promise<void> {
    this.break();
    return stop(this.server);
  }

  private join(...ends: [Socket, Socket]): void {
    for (const [from, to] of [ends, ends.toReversed() as typeof ends]) {
      this.sockets.add(from);
      from.pipe(to);
      from.on("error", () => to.destroy());
      from.on("close", () => {
        this.sockets.delete(from);
        to.destroy();
      });
    }
  }
}
