// Rewrites a notice in plain language.
// An earlier trial with phi-4 is over; nothing of it is left here.
import OpenAI from "openai";

const MODEL = process.env.PLAIN_MODEL ?? "qwen-plus";

// Many makers answer in the form of this client; the address says who does.
const client = new OpenAI({
  apiKey: process.env.DASHSCOPE_API_KEY,
  baseURL: "https://dashscope-intl.aliyuncs.com/compatible-mode/v1",
});

export async function plain(notice: string): Promise<string> {
  const answer = await client.chat.completions.create({
    model: MODEL,
    messages: [
      { role: "system", content: "Rewrite the notice in short sentences and everyday words. Change no fact." },
      { role: "user", content: notice },
    ],
  });
  return answer.choices[0].message.content ?? notice;
}
