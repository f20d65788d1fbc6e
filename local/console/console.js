const chat = document.getElementById("chat");
const outside = document.getElementById("outside");

const styleOptions = {
  accent: "#0f6cbd",
  bubbleBorderRadius: 6,
  bubbleFromUserBackground: "#e6f2fb",
  bubbleFromUserBorderColor: "#b4d6f0",
  bubbleFromUserBorderRadius: 6,
  hideUploadButton: true, // the bot reads text
};

/** Opens a conversation and shows it; resolves to its id. */
async function openChat() {
  const answer = await fetch("token", { method: "POST" });
  if (!answer.ok) throw new Error("The stack is still coming up. Please reload the page in a moment.");
  const { token, userId } = await answer.json();
  const directLine = WebChat.createDirectLine({ token, domain: new URL("v3/directline", location.href).href });
  WebChat.renderWebChat({ directLine, userID: userId, styleOptions }, chat);
  return conversationOf(directLine);
}

function conversationOf(directLine) {
  return new Promise((resolve) => {
    const online = 2;
    directLine.connectionStatus$.subscribe((status) => {
      if (status === online) resolve(directLine.conversationId);
    });
  });
}

function begin(conversation) {
  offerOutside(conversation);
  follow(conversation);
}

function offerOutside(conversation) {
  document.getElementById("command").textContent =
    `npm run cli -- send --conversation ${conversation} --text "Hello from outside"`;
  outside.querySelector("button").disabled = false;
  outside.addEventListener("submit", (event) => {
    event.preventDefault();
    send(conversation, outside.elements.text.value);
  });
}

async function send(conversation, text) {
  const answer = await fetch("send", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ conversation, text }),
  });
  const said = answer.ok ? "It is on the queue." : `It is not on the queue: ${(await answer.json()).error}`;
  outside.querySelector("output").textContent = said;
}

/** What each time in the table `deliveries` means, in the order of the way. */
const hops = {
  queuedAt: "on the queue",
  dequeuedAt: "taken by the function",
  receivedAt: "with the bot",
  sentAt: "said",
  failedAt: "given up",
  cancelledAt: "cancelled",
};

/** Shows the way of the conversation's messages, and looks again every second. */
async function follow(conversation) {
  const answer = await fetch(`messages/${encodeURIComponent(conversation)}`).catch(() => undefined);
  if (answer?.ok) document.getElementById("messages").replaceChildren(...(await answer.json()).map(describe));
  setTimeout(follow, 1000, conversation);
}

function describe({ status, reason, ...times }) {
  const item = document.getElementById("message").content.cloneNode(true).firstElementChild;
  item.className = status;
  item.querySelector("strong").textContent = [status, reason].filter(Boolean).join(": ");
  for (const [hop, what] of Object.entries(hops)) {
    if (!times[hop]) continue;
    item.querySelector("dl").append(element("dt", timeOfDay(times[hop])), element("dd", what));
  }
  return item;
}

/** The queue counts in seconds, everything else in milliseconds. */
function timeOfDay(time) {
  const [, clock, milliseconds] = /T([\d:]+)\.?(\d*)Z/.exec(new Date(time).toISOString());
  return milliseconds === "000" ? clock : `${clock}.${milliseconds}`;
}

function element(name, text) {
  const made = document.createElement(name);
  made.textContent = text;
  return made;
}

openChat().then(begin, (error) => {
  chat.innerHTML = "<p role='alert'></p>";
  chat.firstChild.textContent = error.message;
});
