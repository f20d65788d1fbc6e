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

function offerOutside(conversation) {
  document.getElementById("command").textContent =
    `npm run send -- --conversation ${conversation} --text "Hello from outside"`;
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

openChat().then(offerOutside, (error) => {
  chat.innerHTML = "<p role='alert'></p>";
  chat.firstChild.textContent = error.message;
});
