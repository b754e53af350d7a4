package persisted

import (
	"crypto/md5"  //nolint:gosec // an id that Relay makes, nothing is protected by it
	"crypto/sha1" //nolint:gosec // as well
	"encoding/hex"
	"slices"
	"strings"
)

// check moves entries that cannot be taken to the faults. Those of a map may have ids of any kind, those of a manifest have the
// hash of their text.
func (c *collection) check(isMap bool) {
	promised := promises{}
	if isMap {
		promised = promisesOf(c.entries)
	}
	lines := make(map[string]int, len(c.entries))
	c.entries = slices.DeleteFunc(c.entries, func(e Entry) bool {
		fault := e.unusableText()
		if fault == nil {
			fault = e.unusableID(isMap, promised)
		}
		if first, again := lines[e.ID]; again && fault == nil && !isMap { // in a map it is a second member
			fault = e.fault("the id is there a second time, the first is in line %d", first)
		}
		lines[e.ID] = e.Line
		if fault != nil {
			c.faults = append(c.faults, fault)
		}
		return fault != nil
	})
}

// unusableID returns what is wrong with the id, name and type of an entry.
func (e Entry) unusableID(isMap bool, promised promises) *FileError {
	name := e.Name
	if name != "" && !isName(name) {
		e.Name = "" // it is not fit to be shown
		return e.fault("%s is no name of an operation", quoted(name))
	}
	switch {
	case e.Type != "" && e.Type != "query" && e.Type != "mutation" && e.Type != "subscription":
		return e.fault("%s is no type of an operation: want query, mutation or subscription", quoted(e.Type))
	case strings.HasPrefix(e.ID, HashPrefix):
		return e.fault("the id begins with %s: leave that out, callers may put it before the hash", HashPrefix)
	case !plainID(e.ID):
		return e.fault("an id has 1 to %d letters, digits, and characters of . _ : -", MaxIDBytes)
	case len(e.ID) == 64 && isHex(e.ID) || !isMap:
		if hash := hexHash(e.Text); e.ID != hash {
			if strings.EqualFold(e.ID, hash) {
				return e.fault("the id must be in lower case")
			}
			return e.fault("the id is not the SHA-256 of the text, which is %s", hash)
		}
	case promised.md5 && len(e.ID) == 32 && isHex(e.ID) && e.ID != hexMD5(e.Text):
		return e.fault("the id is not the MD5 of the text, as the other ids of the file are")
	case promised.sha1 && len(e.ID) == 40 && isHex(e.ID) && e.ID != hexSHA1(e.Text):
		return e.fault("the id is not the SHA-1 of the text, as the other ids of the file are")
	}
	return nil
}

// promises says what ids of a map are meant to be: that is not written in it.
type promises struct{ md5, sha1 bool }

// promisesOf looks at the ids that could be an MD5 or a SHA-1: if more than half of them are, all are meant to be.
func promisesOf(entries []Entry) promises {
	var could, are struct{ md5, sha1 int }
	for _, e := range entries {
		switch {
		case len(e.ID) == 32 && isHex(e.ID):
			could.md5++
			if e.ID == hexMD5(e.Text) {
				are.md5++
			}
		case len(e.ID) == 40 && isHex(e.ID):
			could.sha1++
			if e.ID == hexSHA1(e.Text) {
				are.sha1++
			}
		}
	}
	return promises{md5: 2*are.md5 > could.md5, sha1: 2*are.sha1 > could.sha1}
}

func hexMD5(text string) string {
	sum := md5.Sum([]byte(text)) //nolint:gosec // an id that Relay makes
	return hex.EncodeToString(sum[:])
}

func hexSHA1(text string) string {
	sum := sha1.Sum([]byte(text)) //nolint:gosec // an id that other generators of documents make
	return hex.EncodeToString(sum[:])
}
