import type { Dialog } from "./engine/dialog";
import { learner } from "./learner";
import { newSurvey } from "./new-survey";
import { oldSurvey } from "./old-survey";

/** This bot's dialogs, a line each. */
export const dialogs: Dialog[] = [
  learner, // the first is the default: a queue message with an empty `dialog` starts it
  newSurvey,
  oldSurvey,
];
