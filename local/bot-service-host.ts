import { createServer, type Server } from "node:https";
import type { BotService } from "./bot-service/bot-service";
import type { Certificates } from "./certificates";
import { listen, stop } from "./listen";

/** Puts the Bot Service on an https port: the Connector sends and gets tokens, so it is https as in Azure. */
export class BotServiceHost {
  private constructor(
    private readonly server: Server,
    private readonly botService: BotService,
  ) {}

  static async open(botService: BotService, { cert, key }: Certificates): Promise<BotServiceHost> {
    const server = createServer({ cert, key }, botService.handler).on("upgrade", botService.upgrade);
    botService.setBaseUrl(`https://127.0.0.1:${await listen(server)}`);
    return new BotServiceHost(server, botService);
  }

  close(): Promise<void> {
    this.botService.close();
    return stop(this.server);
  }
}
