import { freeText, wholeNumber, withCard, yesOrNo } from "./engine/question";
import { Survey } from "./engine/survey";

/** A survey for learners who know the course. A queue message starts it by `"dialog": "oldSurvey"`, or by the text `old`. */
export const oldSurvey = new Survey({
  name: "oldSurvey",
  title: "the survey on the course so far",
  keyword: "old",
  opening: "You have been with the course for a while. What do you think of it?",
  questions: [
    withCard(
      wholeNumber({
        name: "rating",
        label: "Rating",
        text: "How good is it, from 1 (poor) to 5 (excellent)?",
        min: 1,
        max: 5,
      }),
      ["1", "2", "3", "4", "5"],
    ),
    yesOrNo({ name: "recommend", label: "Recommended", text: "Would you recommend it to a friend?" }),
    freeText({ name: "change", label: "To be changed", text: "What is the one thing that we should change?" }),
  ],
  thanks: "Thank you! Your answers are kept.",
});
