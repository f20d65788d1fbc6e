/** The words that a user can say at any time, in the form of `keyword()`: lower case, no full stop. */
export const keywords = { stop: "stop", start: "start", cancel: "cancel", help: "help" };

/** The options of a question with two answers, and their short forms. */
export const yesNo = { yes: "Yes", no: "No", shortYes: "y", shortNo: "n" };

/** Every sentence that the bot says on its own. The questions of the dialogs are in `bot/dialogs/`. */
export const replies = {
  // The two sentences of the 2018 template.

  queued: (text: string) =>
    `You said ${text}. Your message has been added to a queue, and it will be sent back to you via a Function shortly.`,
  /** The text of a proactive message as the bot says it. For texts of your own make it `(text) => text`. */
  proactiveText: (text: string) => `This is coming back from the trigger! ${text}`,

  // Answers to messages that cannot be put on the queue.

  noText: "Your message has no text. Please write one.",
  attachmentOnly: "You sent an attachment, but this bot reads text only. Please write a message.",
  tooLong: "Your message is too long for the queue. Please send a shorter one.",
  unknownChannel: "This bot cannot come back to you on this channel. Please tell the people who run it.",
  queueMissing: (queue: string) =>
    `Your message was not added to the queue: the queue "${queue}" does not exist. Please tell the people who run this bot.`,
  notQueued: "Your message could not be added to the queue. Please try again in a moment.",

  // Broadcasts: "stop" and "start".

  optedOut: 'You will get no more messages that are meant for everyone. Say "start" to get them again.',
  optedIn: 'You will get messages that are meant for everyone again. Say "stop" to end that.',
  choiceNotStored: "I could not write that down. Please try again in a moment.",

  // Cards.

  /** The answer to a card's Action.Execute, which some clients show on the card. */
  cardReceived: "Your answer has arrived.",

  // Dialogs. A title is a dialog's own, such as "the newcomers' survey".

  cancelled: (title: string) => `I have ended ${title}; what you answered just now is not kept.`,
  help: (title: string) => `This is ${title}. Answer the question, or say "cancel" to end it.`,
  backTo: (title: string) => `Back to ${title}.`,
  questionClosed: "That question is not open any more. Please answer this one.",
  chooseOne: "Please choose one of these.",
  wholeNumber: (min: number, max: number) => `Please answer with a whole number from ${min} to ${max}.`,
  fewWords: "Please write a few words.",
  textTooLong: (limit: number, length: number) => `Please write at most ${limit} characters; these were ${length}.`,

  // Surveys.

  answeredBefore: (summary: string) => `You have answered this before:\n\n${summary}`,
  keepAnswers: "Shall I keep these answers?",
  earlierAnswersStay: "Your earlier answers stay.",
  understood: (summary: string) => `This is what I understood:\n\n${summary}`,
  isThatRight: "Is that right?",
  askAgain: "Then let us go through it again.",
};
