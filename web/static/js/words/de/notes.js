// Words of this area in German.

export const title = "";
