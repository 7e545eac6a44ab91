// Audit reads a log as Holdfast publishes it with the Go team's own notes and trees, and nothing of Holdfast's.
//
//	audit VKEY LOG-FOLDER [OLD-CHECKPOINT GROWTH-PROOF] [TLOG-PROOF...]
//
// It prints one line of JSON, or what does not hold, and then its exit code is 1.
package main

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

const height = 8

func main() {
	if err := run(os.Args[1], os.Args[2], os.Args[3:]); err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
}

func run(vkey, folder string, more []string) error {
	verifier, err := note.NewVerifier(vkey)
	if err != nil {
		return err
	}
	known := note.VerifierList(verifier)
	data, err := os.ReadFile(filepath.Join(folder, "checkpoint"))
	if err != nil {
		return err
	}
	tree, err := open(data, known)
	if err != nil {
		return err
	}
	reader := tlog.TileHashReader(tree, tiles(folder))
	for index := int64(0); index < tree.N; index++ {
		entry, err := read(folder, tree.N, index)
		if err != nil {
			return err
		}
		proof, err := tlog.ProveRecord(tree.N, index, reader)
		if err != nil {
			return err
		}
		if err := tlog.CheckRecord(proof, tree.N, tree.Hash, index, tlog.RecordHash(entry)); err != nil {
			return fmt.Errorf("entry %d: %w", index, err)
		}
	}
	grew, proofs := 0, 0
	if len(more) >= 2 {
		if err := growth(more[0], more[1], tree, known); err != nil {
			return fmt.Errorf("growth: %w", err)
		}
		grew, more = 1, more[2:]
	}
	for _, file := range more {
		if err := tlogProof(file, known); err != nil {
			return fmt.Errorf("%s: %w", filepath.Base(file), err)
		}
		proofs++
	}
	return json.NewEncoder(os.Stdout).Encode(map[string]int64{
		"entries": tree.N, "proofs": int64(proofs), "growth": int64(grew),
	})
}

// open reads a signed checkpoint.
func open(data []byte, known note.Verifiers) (tlog.Tree, error) {
	var tree tlog.Tree
	opened, err := note.Open(data, known)
	if err != nil {
		return tree, err
	}
	lines := strings.Split(opened.Text, "\n")
	if len(lines) != 4 || lines[0] != opened.Sigs[0].Name {
		return tree, fmt.Errorf("not a checkpoint")
	}
	if tree.N, err = strconv.ParseInt(lines[1], 10, 64); err != nil {
		return tree, err
	}
	tree.Hash, err = tlog.ParseHash(lines[2])
	return tree, err
}

type tiles string

func (folder tiles) Height() int { return height }

func (folder tiles) SaveTiles([]tlog.Tile, [][]byte) {}

func (folder tiles) ReadTiles(wanted []tlog.Tile) ([][]byte, error) {
	found := make([][]byte, len(wanted))
	for at, tile := range wanted {
		path := strings.Replace(tile.Path(), fmt.Sprintf("tile/%d/", height), "tile/", 1)
		data, err := os.ReadFile(filepath.Join(string(folder), path))
		if err != nil {
			return nil, err
		}
		found[at] = data
	}
	return found, nil
}

// read finds an entry in its bundle.
func read(folder string, size, index int64) ([]byte, error) {
	number := index >> height
	width := 1 << height
	if number == size>>height {
		width = int(size & (1<<height - 1))
	}
	path := tlog.Tile{H: height, L: -1, N: number, W: width}.Path()
	path = strings.Replace(path, fmt.Sprintf("tile/%d/data/", height), "tile/entries/", 1)
	bundle, err := os.ReadFile(filepath.Join(folder, path))
	if err != nil {
		return nil, err
	}
	for rest := index & (1<<height - 1); ; rest-- {
		if len(bundle) < 2 || len(bundle) < 2+int(binary.BigEndian.Uint16(bundle)) {
			return nil, fmt.Errorf("a bundle cut short")
		}
		end := 2 + int(binary.BigEndian.Uint16(bundle))
		if rest == 0 {
			return bundle[2:end], nil
		}
		bundle = bundle[end:]
	}
}

func growth(checkpoint, proof string, tree tlog.Tree, known note.Verifiers) error {
	data, err := os.ReadFile(checkpoint)
	if err != nil {
		return err
	}
	old, err := open(data, known)
	if err != nil {
		return err
	}
	text, err := os.ReadFile(proof)
	if err != nil {
		return err
	}
	hashes, err := parse(strings.Split(strings.TrimSuffix(string(text), "\n"), "\n")[1:])
	if err != nil {
		return err
	}
	return tlog.CheckTree(tlog.TreeProof(hashes), tree.N, tree.Hash, old.N, old.Hash)
}

func tlogProof(file string, known note.Verifiers) error {
	data, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	head, checkpoint, _ := strings.Cut(string(data), "\n\n")
	tree, err := open([]byte(checkpoint), known)
	if err != nil {
		return err
	}
	lines := strings.Split(head, "\n")
	if len(lines) < 3 || lines[0] != "c2sp.org/tlog-proof@v1" ||
		!strings.HasPrefix(lines[1], "extra ") || !strings.HasPrefix(lines[2], "index ") {
		return fmt.Errorf("not a tlog-proof with its entry")
	}
	entry, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(lines[1], "extra "))
	if err != nil {
		return err
	}
	index, err := strconv.ParseInt(strings.TrimPrefix(lines[2], "index "), 10, 64)
	if err != nil {
		return err
	}
	hashes, err := parse(lines[3:])
	if err != nil {
		return err
	}
	return tlog.CheckRecord(tlog.RecordProof(hashes), tree.N, tree.Hash, index, tlog.RecordHash(entry))
}

func parse(lines []string) ([]tlog.Hash, error) {
	hashes := make([]tlog.Hash, len(lines))
	for at, line := range lines {
		hash, err := tlog.ParseHash(line)
		if err != nil {
			return nil, err
		}
		hashes[at] = hash
	}
	return hashes, nil
}
