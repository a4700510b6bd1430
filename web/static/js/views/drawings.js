// Line drawings of 24 by 24 units that more than one view uses.

export const HAND = ["M8 12V5.5a1.5 1.5 0 0 1 3 0V11M11 10V4a1.5 1.5 0 0 1 3 0v7M14 10.5V5.5a1.5 1.5 0 0 1 3 0V14a7 7 0 0 1-7 7c-2.5 0-4-1-5.3-3l-2-3.4a1.5 1.5 0 0 1 2.5-1.6L8 15"];
export const CHAT = ["M4 5h16v11H10l-4 4v-4H4Z"];
