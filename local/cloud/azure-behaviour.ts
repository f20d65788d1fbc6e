/** Behaviour in which Azure differs by date and subscription. Tests choose it; absent is what most people meet. */
export interface AzureBehaviour {
  /** Whether a new bot has its Direct Line channel at once. True since about 2023; before, it had Web Chat alone. */
  directLineWithBot?: boolean;
  /** Whether the subscription's resource providers are registered: "all" in one that is in use, "none" in a new one. */
  registeredProviders?: "all" | "none";
  /** Whether the deployer may register resource providers. Default: true. */
  mayRegisterProviders?: boolean;
  /** Audiences for which no login gets a token: github.com/Azure/CloudShell/issues/577 */
  refusedAudiences?: string[];
  /** How often an app must be restarted before it sees what was pushed: github.com/Azure/azure-functions-host/issues/5500 */
  restartsToSeePush?: number;
}
