/** Does something with each of them, so many at a time; rejects with the first failure. */
export async function sideBySide<T>(atOnce: number, all: T[], work: (one: T) => Promise<void>): Promise<void> {
  const rest = all.values();
  const worker = async () => {
    for (const one of rest) await work(one);
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
}
