// Words about a lesson that is watched while it is being recorded, in German.

export const said = {
  off: "",
  opening: "Dieser Unterricht wird gerade aufgenommen. Das Bild kommt gleich.",
  on: "Dieser Unterricht wird gerade aufgenommen. Sie sehen ihn etwa eine Sekunde später.",
  over: "Der Unterricht ist vorbei. Die ganze Aufnahme öffnet sich hier gleich von selbst.",
  lost: "Dieser Unterricht wird gerade aufgenommen. Die Verbindung ist abgerissen; diese Seite versucht es weiter.",
  impossible: "Dieser Unterricht wird gerade aufgenommen. Dieser Browser kann ihn währenddessen nicht zeigen; die Aufnahme öffnet sich hier von selbst, wenn der Unterricht vorbei ist.",
};
export const button = { back: "Zurück zum Jetzt" };
