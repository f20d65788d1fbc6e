import type { Answer, Dialog, DialogTurn, Step } from "./engine/dialog";
import { choice, freeText, type Question, readReply } from "./engine/question";

const stuck = "I am stuck";
const progress = choice({
  name: "progress",
  label: "Progress",
  text: "How is the learning going?",
  options: ["Well", "Slowly", stuck],
});
const obstacle = freeText({
  name: "obstacle",
  label: "Obstacle",
  text: "I am sorry to hear that. Where are you stuck?",
});

/** The default dialog: asks learners how it goes and, if they are stuck, where. Written without `Survey`, as an example of that. */
export const learner: Dialog = {
  name: "learner",
  title: "the check-in",

  begin(turn) {
    return ask(turn, progress);
  },

  answer(turn, reply) {
    const question = open(turn);
    const reading = readReply(question, reply);
    if ("problem" in reading) {
      turn.say(reading.problem);
      return ask(turn, question);
    }
    const answers = { ...(turn.memory.answers as Record<string, Answer>), [question.name]: reading.answer };
    turn.memory.answers = answers;
    if (question === progress && reading.answer === stuck) return ask(turn, obstacle);
    turn.keep(answers);
    turn.say(question === obstacle ? "Thank you, that helps." : "Good to know, thank you!");
    return "ended";
  },

  repeat(turn) {
    ask(turn, open(turn));
  },
};

function ask(turn: DialogTurn, question: Question): Step {
  turn.memory.open = question.name;
  turn.say(question.prompt);
  return "waits";
}

function open({ memory }: DialogTurn): Question {
  return memory.open === obstacle.name ? obstacle : progress;
}
