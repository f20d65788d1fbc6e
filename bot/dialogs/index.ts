import { DialogRegistry } from "./engine/dialog-registry";
import { learner } from "./learner";
import { newSurvey } from "./new-survey";
import { oldSurvey } from "./old-survey";

/** This bot's dialogs: a new one is a file beside these, and a word here. */
export const rootDialogs = new DialogRegistry({
  dialogs: [newSurvey, oldSurvey, learner],
  fallback: learner,
  byText: { new: newSurvey, old: oldSurvey },
});
