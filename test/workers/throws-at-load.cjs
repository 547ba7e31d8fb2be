throw new Error("missing driver xyz");
