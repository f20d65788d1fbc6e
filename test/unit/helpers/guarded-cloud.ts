import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { Callers } from "../../../local/access/callers";
import { Denials } from "../../../local/access/denials";
import { RoleAssignments } from "../../../local/access/role-assignments";
import { type Certificates, makeCertificates } from "../../../local/certificates";
import { Entra } from "../../../local/identity/entra";
import { makePrincipal, type Principal } from "../../../local/identity/principal";
import { trust } from "../../../local/trust";

const subscription = "/subscriptions/9f3a2c1e-0b44-4f7c-8a55-2f0b8c6d1e77";
export const group = `${subscription}/resourceGroups/group`;

/** The directory, the roles and the log that a guarded service stands on. */
export class GuardedCloud {
  readonly access = new RoleAssignments();
  readonly lines: string[] = [];
  readonly denials = new Denials((line) => this.lines.push(line));
  private assignments = 0;

  private constructor(
    readonly certificates: Certificates,
    readonly entra: Entra,
  ) {}

  static async open(): Promise<GuardedCloud> {
    const home = mkdtempSync(path.join(tmpdir(), "guarded-cloud-"));
    const certificates = await makeCertificates(home);
    process.once("exit", () => rmSync(home, { recursive: true, force: true }));
    trust(certificates.ca);
    return new GuardedCloud(certificates, await Entra.open());
  }

  get tenantId(): string {
    return this.entra.tenantId;
  }

  callers(...audiences: string[]): Callers {
    return new Callers(this.entra, audiences);
  }

  /** Somebody with these roles at a scope. */
  principal(name: string, roles: string[] = [], scope = group): Principal {
    const principal = this.entra.enrol(makePrincipal(name));
    for (const role of roles) this.assign(principal, role, scope);
    return principal;
  }

  assign({ name, objectId }: Principal, role: string, scope: string): void {
    const number = ++this.assignments;
    this.access.assign({
      id: `${scope}/providers/Microsoft.Authorization/roleAssignments/${number}`,
      logicalName: `${name}-${number}`,
      principalId: objectId,
      roleDefinitionId: `${subscription}/providers/Microsoft.Authorization/roleDefinitions/${role}`,
      scope,
    });
  }

  async token(principal: Principal, audience: string): Promise<string> {
    return (await this.entra.issue(principal, audience)).token;
  }
}
