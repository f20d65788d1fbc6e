import { ArmError } from "./arm-error";
import { armType } from "./arm-id";

/** Providers that every subscription has: learn.microsoft.com/azure/azure-resource-manager/management/resource-providers-and-types */
const always = ["microsoft.authorization", "microsoft.resources"];

/** A subscription and what the deployer may do in it. */
export interface Subscription {
  subscriptionId: string;
  /** Whether each resource provider is registered, as in a subscription in use, or none is, as in a new one. */
  registered: "all" | "none";
  /** Whether the deployer may register one: a Contributor of the whole subscription may. */
  mayRegister: boolean;
  log(line: string): void;
}

/** The resource providers that are registered in the subscription, and how azure-native registers those that are missing. */
export class ResourceProviders {
  private readonly registered = new Set<string>();

  constructor(private readonly subscription: Subscription) {}

  /**
   * Registers a type's provider where that is missing, as azure-native does since it stands on azcore: its pipeline answers ARM's
   * MissingSubscriptionRegistration by registering and trying again (Azure/azure-sdk-for-go, sdk/azcore/arm/runtime/policy_register_rp.go).
   * Diagnostic settings answer in other words, which it does not understand: github.com/Azure/azure-sdk-for-net/issues/17836
   * @param template the type's id @throws ArmError
   */
  require(template: string): void {
    const { subscriptionId, mayRegister, log } = this.subscription;
    const type = armType(template);
    const namespace = type?.split("/")[0];
    if (!namespace || this.has(namespace)) return;
    if (type === "Microsoft.Insights/diagnosticSettings") {
      throw new ArmError(
        "Conflict",
        `The subscription '${subscriptionId}' is not registered to use microsoft.insights.`,
      );
    }
    if (!mayRegister) {
      const action = `perform action '${namespace}/register/action' over scope '/subscriptions/${subscriptionId}'`;
      throw new ArmError("AuthorizationFailed", `The client does not have authorization to ${action}.`);
    }
    this.registered.add(namespace.toLowerCase());
    log(`The resource provider ${namespace} was registered.`);
  }

  private has(namespace: string): boolean {
    const name = namespace.toLowerCase();
    return this.subscription.registered === "all" || always.includes(name) || this.registered.has(name);
  }
}
