/** A secret that may change while an app runs. */
export interface Secret {
  /** The value in hand, read when first needed. */
  get(): Promise<string>;
  /** The value as it is now, for when the one in hand has stopped working. */
  renew(): Promise<string>;
}

/** Uses a secret; where it is refused, and there is another value by now, uses that: a rotated key needs no restart. */
export async function withSecret<T>(
  secret: Secret,
  use: (value: string) => Promise<T> | T,
  isRefusal: (error: unknown) => boolean,
): Promise<T> {
  const value = await secret.get();
  try {
    return await use(value);
  } catch (error) {
    if (!isRefusal(error)) throw error;
    const renewed = await secret.renew();
    if (renewed === value) throw error;
    return use(renewed);
  }
}
