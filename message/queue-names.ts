/** What follows a queue's name in the name of its poison queue: the Functions host puts failed messages there. */
export const poisonSuffix = "-poison";
