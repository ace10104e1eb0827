// Checks a log of ours with code nobody here wrote: golang.org/x/mod/sumdb (note, tlog), which checks Go's own module log.
//
// main FOLDER KEY reads what /log/ serves, as any monitor would: checkpoint, tiles, entry bundles. Beside them may lie
// proofs made by us: *.tlog-proof (each with its entry in its `extra` line), and `earlier`, an older checkpoint with `consistency`,
// the hashes that lead from it to the newer one. Ends with 1 and a line at the first thing that does not hold.
package main

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

const height = 8

// log is a folder at the paths of c2sp.org/tlog-tiles.
type log struct {
	folder string
	tree   tlog.Tree
}

func (l log) Height() int { return height }

// ReadTiles reads tiles: Go's path has the height in it, ours has not; a full tile serves for a partial one that is gone.
func (l log) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	var found [][]byte
	for _, tile := range tiles {
		data, err := l.file(tile)
		if err != nil {
			return nil, err
		}
		found = append(found, data)
	}
	return found, nil
}

func (l log) file(tile tlog.Tile) ([]byte, error) {
	data, err := os.ReadFile(filepath.Join(l.folder, ours(tile)))
	if err == nil || tile.W == 1<<height {
		return data, err
	}
	full := tlog.Tile{H: tile.H, L: tile.L, N: tile.N, W: 1 << height}
	data, err = os.ReadFile(filepath.Join(l.folder, ours(full)))
	if err != nil {
		return nil, err
	}
	return data[:tile.W*tlog.HashSize], nil
}

func (l log) SaveTiles([]tlog.Tile, [][]byte) {}

func ours(tile tlog.Tile) string {
	return strings.Replace(tile.Path(), "tile/8/", "tile/", 1)
}

// entries are those of one bundle; the names of bundles are those of level-0 tiles.
func (l log) entries(n int64, width int) [][]byte {
	path := strings.Replace(ours(tlog.Tile{H: height, L: 0, N: n, W: width}), "tile/0/", "tile/entries/", 1)
	data, err := os.ReadFile(filepath.Join(l.folder, path))
	check(err)
	var found [][]byte
	for len(data) >= 2 && len(data) >= 2+int(binary.BigEndian.Uint16(data)) {
		end := 2 + int(binary.BigEndian.Uint16(data))
		found, data = append(found, data[2:end]), data[end:]
	}
	must(len(data) == 0 && len(found) == width, "%s holds %d entries and %d bytes more", path, len(found), len(data))
	return found
}

func checkpoint(path string, key note.Verifier) tlog.Tree {
	data, err := os.ReadFile(path)
	check(err)
	return opened(data, key)
}

func opened(data []byte, key note.Verifier) tlog.Tree {
	signed, err := note.Open(data, note.VerifierList(key))
	check(err)
	lines := strings.Split(signed.Text, "\n")
	must(len(lines) == 4 && lines[0] == key.Name() && lines[3] == "", "the checkpoint has another form or origin")
	size, err := strconv.ParseInt(lines[1], 10, 64)
	check(err)
	return tlog.Tree{N: size, Hash: hash(lines[2])}
}

func hash(text string) tlog.Hash {
	found, err := tlog.ParseHash(text)
	check(err)
	return found
}

func hashes(lines []string) []tlog.Hash {
	var found []tlog.Hash
	for _, line := range lines {
		found = append(found, hash(line))
	}
	return found
}

// everyEntry proves each entry anew, out of tiles that Go's reader has authenticated against the signed root.
func everyEntry(l log, reader tlog.HashReader) {
	for n := int64(0); n*256 < l.tree.N; n++ {
		width := 256
		if rest := l.tree.N - n*256; rest < 256 {
			width = int(rest)
		}
		for at, entry := range l.entries(n, width) {
			index := n*256 + int64(at)
			proof, err := tlog.ProveRecord(l.tree.N, index, reader)
			check(err)
			err = tlog.CheckRecord(proof, l.tree.N, l.tree.Hash, index, tlog.RecordHash(entry))
			must(err == nil, "entry %d: %v", index, err)
		}
	}
}

// ourProofs checks the proofs that we made.
func ourProofs(l log, key note.Verifier) int {
	paths, _ := filepath.Glob(filepath.Join(l.folder, "*.tlog-proof"))
	for _, path := range paths {
		data, err := os.ReadFile(path)
		check(err)
		head, signed, _ := bytes.Cut(data, []byte("\n\n"))
		lines := strings.Split(string(head), "\n")
		must(lines[0] == "c2sp.org/tlog-proof@v1", "%s is no tlog-proof", path)
		extra, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(lines[1], "extra "))
		check(err)
		index, err := strconv.ParseInt(strings.TrimPrefix(lines[2], "index "), 10, 64)
		check(err)
		tree := opened(signed, key)
		err = tlog.CheckRecord(hashes(lines[3:]), tree.N, tree.Hash, index, tlog.RecordHash(extra))
		must(err == nil, "%s: %v", path, err)
	}
	return len(paths)
}

// grewOnly checks our consistency proof, and that Go's own leads from the earlier checkpoint to this one too.
func grewOnly(l log, key note.Verifier, reader tlog.HashReader) {
	old := checkpoint(filepath.Join(l.folder, "earlier"), key)
	data, err := os.ReadFile(filepath.Join(l.folder, "consistency"))
	check(err)
	err = tlog.CheckTree(hashes(strings.Fields(string(data))), l.tree.N, l.tree.Hash, old.N, old.Hash)
	must(err == nil, "our consistency proof: %v", err)
	proof, err := tlog.ProveTree(l.tree.N, old.N, reader)
	check(err)
	must(tlog.CheckTree(proof, l.tree.N, l.tree.Hash, old.N, old.Hash) == nil, "the log did not only grow")
}

func main() {
	key, err := note.NewVerifier(os.Args[2])
	check(err)
	l := log{os.Args[1], tlog.Tree{}}
	l.tree = checkpoint(filepath.Join(l.folder, "checkpoint"), key)
	reader := tlog.TileHashReader(l.tree, l)
	root, err := tlog.TreeHash(l.tree.N, reader)
	check(err)
	must(root == l.tree.Hash, "the tiles do not give the signed root")
	everyEntry(l, reader)
	proofs := ourProofs(l, key)
	grewOnly(l, key, reader)
	fmt.Printf("%d entries, %d proofs\n", l.tree.N, proofs)
}

func check(err error) {
	must(err == nil, "%v", err)
}

func must(right bool, format string, words ...any) {
	if !right {
		fmt.Fprintf(os.Stderr, format+"\n", words...)
		os.Exit(1)
	}
}
