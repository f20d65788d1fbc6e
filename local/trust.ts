import tls from "node:tls";

/**
 * Makes this process trust one more authority: the cloud and the tests call their own https servers. Children get it by
 * NODE_EXTRA_CA_CERTS, which is read only at start; Node has `tls.setDefaultCACertificates` for it since 22.19.
 */
export function trust(ca: string): void {
  const { createSecureContext } = tls;
  tls.createSecureContext = (options) => {
    const context = createSecureContext(options);
    if (!options?.ca) (context.context as { addCACert(pem: string): void }).addCACert(ca);
    return context;
  };
}
