package datafolder

import (
	"bytes"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// accounts is how many rows the writer of a test has. Each of its transactions
// takes from one row and gives to another, so that their sum stays.
const accounts = 3000

// bank makes a database whose writer never pauses, until stop is called.
func bank(t *testing.T, dir, journal string, pause time.Duration) (transactions *atomic.Int64, stop func()) {
	t.Helper()
	db, err := sql.Open("sqlite", filepath.Join(dir, DatabaseName))
	if err != nil {
		t.Fatal(err)
	}
	db.SetMaxOpenConns(1)
	for _, statement := range []string{
		`PRAGMA locking_mode = EXCLUSIVE`, `PRAGMA journal_mode = ` + journal, `PRAGMA synchronous = OFF`, `PRAGMA cache_size = 20`,
		`CREATE TABLE accounts (n INTEGER PRIMARY KEY, money INT, padding TEXT)`, `CREATE TABLE count (transactions INT)`, `INSERT INTO count VALUES (0)`,
		fmt.Sprintf(`WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < %d) INSERT INTO accounts SELECT n, 100, hex(randomblob(150)) FROM c`, accounts),
	} {
		if _, err := db.Exec(statement); err != nil {
			t.Fatal(statement, err)
		}
	}
	transactions = &atomic.Int64{}
	done, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		for n := int64(1); ; n++ {
			select {
			case <-done:
				return
			default:
			}
			tx, err := db.Begin()
			if err != nil {
				return
			}
			_, _ = tx.Exec(`UPDATE accounts SET money = money - 1, padding = hex(randomblob(150)) WHERE n = ?`, 1+n*977%accounts)
			_, _ = tx.Exec(`UPDATE accounts SET money = money + 1, padding = hex(randomblob(150)) WHERE n = ?`, 1+n*1979%accounts)
			_, _ = tx.Exec(`UPDATE count SET transactions = ?`, n)
			if tx.Commit() == nil {
				transactions.Store(n)
			}
			time.Sleep(pause)
		}
	}()
	return transactions, func() { close(done); <-ended; _ = db.Close() }
}

// audit opens a copy and returns how many transactions it has.
func audit(t *testing.T, path string) int64 {
	t.Helper()
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	db.SetMaxOpenConns(1)
	if _, err := db.Exec(`PRAGMA locking_mode = EXCLUSIVE`); err != nil {
		t.Fatal(err)
	}
	var check string
	var sum, n, rows int64
	if err := db.QueryRow(`PRAGMA integrity_check`).Scan(&check); err != nil || check != "ok" {
		t.Fatalf("the copy is damaged: %s, %v", check, err)
	}
	if err := db.QueryRow(`SELECT COUNT(*), SUM(money), (SELECT transactions FROM count) FROM accounts`).Scan(&rows, &sum, &n); err != nil {
		t.Fatal(err)
	}
	if rows != accounts || sum != 100*accounts {
		t.Fatalf("the copy has a part of a transaction: %d rows with %d", rows, sum)
	}
	return n
}

// TestCopy_IsConsistentWhileZoteroWrites copies a database that another
// connection writes all the time, in each way to keep transactions: without a
// pause beside a write-ahead log, with short ones beside a journal.
func TestCopy_IsConsistentWhileZoteroWrites(t *testing.T) {
	for journal, pause := range map[string]time.Duration{"WAL": 0, "DELETE": 20 * time.Millisecond, "TRUNCATE": 20 * time.Millisecond, "PERSIST": 20 * time.Millisecond} {
		t.Run(journal, func(t *testing.T) {
			dir := t.TempDir()
			transactions, stop := bank(t, dir, journal, pause)
			defer stop()
			files, err := openFiles(dir)
			if err != nil {
				t.Fatal(err)
			}
			defer files.root.Close()
			const copies = 10
			for range copies {
				path := filepath.Join(t.TempDir(), "copy")
				before := transactions.Load()
				if _, err := files.copyDatabase(t.Context(), path); err != nil {
					t.Fatal(err)
				}
				if n := audit(t, path); n < before || n > transactions.Load()+1 {
					t.Errorf("the copy has %d transactions, not %d to %d", n, before, transactions.Load())
				}
			}
		})
	}
}

// TestCopy_GivesUpWhenNoMomentIsStill copies a database whose journal comes and
// goes without a pause. A copy is consistent or there is none.
func TestCopy_GivesUpWhenNoMomentIsStill(t *testing.T) {
	dir := t.TempDir()
	_, stop := bank(t, dir, "DELETE", 0)
	defer stop()
	files, err := openFiles(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer files.root.Close()
	consistent, moved := 0, 0
	for range 60 {
		path := filepath.Join(t.TempDir(), "copy")
		switch _, err := files.tryCopy(t.Context(), path); {
		case err == nil:
			consistent++
			audit(t, path)
		case errors.Is(err, errMoved):
			moved++
		default:
			t.Fatal(err)
		}
	}
	t.Logf("%d copies, %d tries in vain", consistent, moved)
}

// TestCopy_LeavesOutATransactionThatIsNotComplete copies a database in the midst
// of a transaction that has already written to it.
func TestCopy_LeavesOutATransactionThatIsNotComplete(t *testing.T) {
	for _, journal := range []string{"WAL", "DELETE", "TRUNCATE", "PERSIST"} {
		t.Run(journal, func(t *testing.T) {
			dir := t.TempDir()
			_, stop := bank(t, dir, journal, 0)
			stop()
			db, err := sql.Open("sqlite", filepath.Join(dir, DatabaseName))
			if err != nil {
				t.Fatal(err)
			}
			defer db.Close()
			db.SetMaxOpenConns(1)
			for _, statement := range []string{
				`PRAGMA locking_mode = EXCLUSIVE`, `PRAGMA journal_mode = ` + journal, `PRAGMA cache_size = 5`, `PRAGMA synchronous = OFF`, `BEGIN IMMEDIATE`,
				`UPDATE accounts SET money = 0, padding = hex(randomblob(150))`,
			} {
				if _, err := db.Exec(statement); err != nil {
					t.Fatal(err)
				}
			}
			files, err := openFiles(dir)
			if err != nil {
				t.Fatal(err)
			}
			defer files.root.Close()
			path := filepath.Join(t.TempDir(), "copy")
			if _, err := files.copyDatabase(t.Context(), path); err != nil {
				t.Fatal(err)
			}
			audit(t, path)
		})
	}
}

// TestGoesOn compares a log with what it was.
func TestGoesOn(t *testing.T) {
	log := func(size int64, head string) fileLook { return fileLook{there: true, size: size, head: head} }
	header := strings.Repeat("h", 31)
	for name, c := range map[string]struct {
		was, is fileLook
		want    bool
	}{
		"the same":        {log(100, header+"a"), log(100, header+"a"), true},
		"longer":          {log(100, header+"a"+"b"), log(101, header+"a"+"c"), true},
		"shorter":         {log(100, header+"a"), log(99, header+"a"), false},
		"begun again":     {log(100, header+"a"), log(100, header+"b"), false},
		"gone":            {log(100, header+"a"), fileLook{}, false},
		"new":             {fileLook{}, log(100, header+"a"), true},
		"empty, then not": {log(0, ""), log(100, header+"a"), true},
	} {
		if goesOn(c.was, c.is) != c.want {
			t.Errorf("%s: not %v", name, c.want)
		}
	}
}

// TestMirror_SeesEveryByte compares a file with copies that differ in one byte.
func TestMirror_SeesEveryByte(t *testing.T) {
	dir := t.TempDir()
	content := make([]byte, 2*copyBlock+10)
	for _, at := range []int{-1, 0, copyBlock - 1, copyBlock, len(content) - 1, len(content)} {
		held := append([]byte{}, content...)
		switch {
		case at == len(content):
			held = append(held, 0)
		case at >= 0:
			held[at] = 1
		}
		a, b := filepath.Join(dir, "a"), filepath.Join(dir, "b")
		if err := errors.Join(os.WriteFile(a, content, 0o600), os.WriteFile(b, held, 0o600)); err != nil {
			t.Fatal(err)
		}
		file, err := os.Open(a)
		if err != nil {
			t.Fatal(err)
		}
		for _, want := range []bool{at < 0, true} {
			if same, err := mirror(t.Context(), file, b, maxDatabase); err != nil || same != want {
				t.Errorf("byte %d: the same: %v, %v", at, same, err)
			}
		}
		if got, err := os.ReadFile(b); err != nil || !bytes.Equal(got, content) {
			t.Errorf("byte %d: the copy differs, %v", at, err)
		}
		_ = file.Close()
	}
}

// TestCopy_SidesMustHold changes the log and the journal after they were copied.
func TestCopy_SidesMustHold(t *testing.T) {
	main := "SQLite format 3\x00" + strings.Repeat("m", headBytes)
	log, active, idle := strings.Repeat("l", 40), "journal", "\x00ournal"
	for name, c := range map[string]struct {
		log, journal           string // "" is none
		afterLog, afterJournal string
		moved                  bool
	}{
		"nothing changes":                {log, active, log, active, false},
		"the log goes on":                {log, active, log + "l", active, false},
		"the log begins again":           {log, active, strings.Repeat("n", 80), active, true},
		"the log is gone":                {log, "", "", "", true},
		"an active journal goes on":      {log, active, log, active + "j", true},
		"an active journal is gone":      {"", active, "", "", true},
		"an active journal is cleared":   {"", active, "", idle, true},
		"an idle journal becomes active": {"", idle, "", active, false},
		"a journal comes":                {"", "", "", active, false},
	} {
		t.Run(name, func(t *testing.T) {
			dir, path := t.TempDir(), filepath.Join(t.TempDir(), "copy")
			write := func(name, content string) {
				path := filepath.Join(dir, name)
				_ = os.Remove(path)
				if content == "" {
					return
				}
				if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			write(DatabaseName, main)
			write(walName, c.log)
			write(journalName, c.journal)
			files, err := openFiles(dir)
			if err != nil {
				t.Fatal(err)
			}
			defer files.root.Close()
			seen, err := files.look()
			if err != nil {
				t.Fatal(err)
			}
			if err := files.copySides(t.Context(), seen, path); err != nil {
				t.Fatal(err)
			}
			for suffix, want := range map[string]bool{"-wal": c.log != "", "-journal": c.journal == active} {
				if _, err := os.Stat(path + suffix); (err == nil) != want {
					t.Errorf("the copy's %s: %v", suffix, err)
				}
			}
			write(walName, c.afterLog)
			write(journalName, c.afterJournal)
			if err := files.sidesHold(t.Context(), seen, path); errors.Is(err, errMoved) != c.moved || err != nil && !c.moved {
				t.Errorf("moved: %v, not %v", err, c.moved)
			}
		})
	}
}
