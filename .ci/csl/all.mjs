// All real works of the collection as CSL-JSON.
//
//   node all.mjs ZOTERO > works.json
import { loadWorks } from "./works.mjs";

process.stdout.write(JSON.stringify(loadWorks(process.argv[2])));
