import { choice, freeText, wholeNumber } from "./engine/question";
import { Survey } from "./engine/survey";

/** A survey for new learners. A queue message starts it by `"dialog": "newSurvey"`, or by the text `new`. */
export const newSurvey = new Survey({
  name: "newSurvey",
  title: "the newcomers' survey",
  keyword: "new",
  opening: "Welcome to the course! Three short questions, so that it suits you.",
  questions: [
    choice({
      name: "experience",
      label: "Experience",
      text: "How much do you know about the subject already?",
      options: ["Nothing yet", "A little", "A lot"],
    }),
    wholeNumber({
      name: "hours",
      label: "Hours a week",
      text: "How many hours a week do you have for it?",
      min: 1,
      max: 40,
    }),
    freeText({ name: "goal", label: "Goal", text: "What would you like to be able to do in the end?" }),
  ],
  thanks: "Thank you! Your answers are kept.",
});
