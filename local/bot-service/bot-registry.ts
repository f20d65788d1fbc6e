import { randomBytes } from "node:crypto";
import type { Bot, DirectLineKeys } from "./bot";

/** The registered bots and the secrets of their Direct Line channels. */
export class BotRegistry {
  private readonly bots = new Map<string, Bot>();
  private readonly keys = new Map<string, DirectLineKeys>();
  private readonly botNamesBySecret = new Map<string, string>();
  private readonly teamsBots = new Set<string>();

  /** @throws Error when the name is taken: bot names are unique in all of Azure */
  add(bot: Bot): void {
    if (this.bots.has(bot.name)) {
      throw new Error(`A bot named "${bot.name}" is already registered. Choose another name, or update that bot.`);
    }
    this.bots.set(bot.name, { ...bot });
  }

  /** Replaces the app id and endpoint of a registered bot. Its secrets stay the same. */
  replace(bot: Bot): void {
    this.get(bot.name);
    this.bots.set(bot.name, { ...bot });
  }

  remove(name: string): void {
    this.disableDirectLine(name);
    this.teamsBots.delete(name);
    this.bots.delete(name);
  }

  /** Creates the channel's secrets. A channel that is already enabled keeps its secrets. */
  enableDirectLine(name: string): DirectLineKeys {
    this.get(name);
    const known = this.keys.get(name);
    if (known) return { ...known };
    const made = { key: newSecret(), key2: newSecret() };
    this.keys.set(name, made);
    this.botNamesBySecret.set(made.key, name).set(made.key2, name);
    return { ...made };
  }

  disableDirectLine(name: string): void {
    const keys = this.keys.get(name);
    if (!keys) return;
    this.keys.delete(name);
    this.botNamesBySecret.delete(keys.key);
    this.botNamesBySecret.delete(keys.key2);
  }

  setTeams(name: string, isEnabled: boolean): void {
    this.get(name);
    if (isEnabled) this.teamsBots.add(name);
    else this.teamsBots.delete(name);
  }

  /** The bot with this app id, if it has a Teams channel. */
  findOnTeams(appId: string): Bot | undefined {
    return [...this.bots.values()].find((bot) => bot.appId === appId && this.teamsBots.has(bot.name));
  }

  find(name: string): Bot | undefined {
    return this.bots.get(name);
  }

  hasApp(appId: string): boolean {
    return [...this.bots.values()].some((bot) => bot.appId === appId);
  }

  hasDirectLine(name: string): boolean {
    return this.keys.has(name);
  }

  findBotNameBySecret(secret: string): string | undefined {
    return this.botNamesBySecret.get(secret);
  }

  private get(name: string): Bot {
    const bot = this.bots.get(name);
    if (!bot) throw new Error(`No bot named "${name}" is registered.`);
    return bot;
  }
}

function newSecret(): string {
  return `${randomBytes(8).toString("base64url")}.${randomBytes(32).toString("base64url")}`;
}
