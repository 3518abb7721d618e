package shelf

// table names one of the shelf's tables: the first byte of the keys of its
// rows. How rows are written stands in encoding.go.
type table string

const (
	changeTable     table = "c" // version (8 bytes, big endian), item key -> change
	collectionTable table = "f" // collection key -> collection
	memberTable     table = "g" // collection key, NUL, item key -> nothing
	holdingTable    table = "h" // item key -> what each source says of it
	itemTable       table = "i" // item key -> item
	childTable      table = "k" // key of a note, attachment or annotation -> item key
	metaTable       table = "m" // metaRow -> meta
	heldTable       table = "n" // number of a source, NUL, item key -> nothing
	recordTable     table = "o" // item key -> what a caller changed of it
	pathTable       table = "p" // key of the collection above, "/", name -> collection key
	keyTable        table = "q" // citation key as citekey.Fold returns it -> key of the item that has or had it
	removalTable    table = "r" // key of a removed item -> version (8 bytes, big endian)
	sourceTable     table = "s" // number of a source -> source
	tagTable        table = "t" // tag, NUL, item key -> nothing
	vectorTable     table = "v" // number of a row of vectors (4 bytes, big endian) -> vectors of works
	identityTable   table = "x" // identity -> item keys, a NUL between two
	textTable       table = "y" // attachment key -> text
	trashTable      table = "z" // key of an object in the trash, or below one -> item key
)
