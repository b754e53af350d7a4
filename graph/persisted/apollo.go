package persisted

import (
	"encoding/json"
	"errors"
)

// judgeManifest says whether a file that looks like an Apollo manifest is one that can be read. What is wrong with its operations
// does not matter if not.
func (f *file) judgeManifest() error {
	fault := f.unknownManifest()
	if fault == nil {
		return nil
	}
	f.listed = collection{}
	return fault
}

func (f *file) unknownManifest() *FileError {
	m := f.manifest
	switch {
	case m.format == "":
		return &FileError{File: f.name, Line: 1, Reason: "the manifest does not say its format: " + wanted}
	case m.format != quoted(apolloFormat):
		return &FileError{File: f.name, Line: 1, Reason: "the format " + m.format + " is not known: " + wanted}
	case m.version == "":
		return &FileError{File: f.name, Line: 1, Reason: "the manifest does not say its version: want " + apolloVersion}
	case m.version != apolloVersion:
		return &FileError{File: f.name, Line: 1, Reason: "version " + m.version + " of the format is not known: want " + apolloVersion}
	case !m.operations:
		return &FileError{File: f.name, Line: 1, Reason: `the manifest has no list "operations"`}
	case len(f.listed.entries) == 0 && len(f.listed.faults) == 0:
		return &FileError{File: f.name, Line: 1, Reason: "the file has no documents"}
	default:
		return nil
	}
}

// operations reads the list of operations, whose beginning was read.
func (f *file) operations() error {
	for f.decoder.More() {
		value, err := f.value()
		if err != nil {
			return err
		}
		if value != json.Delim('{') {
			fault := f.fault("an element of operations is no object")
			if err := errors.Join(f.skip(value), f.add(&f.listed.faults, fault)); err != nil {
				return err
			}
			continue
		}
		if err := f.operation(); err != nil {
			return err
		}
	}
	_, err := f.decoder.Token()
	return err
}

// operation reads one of the operations, whose beginning was read.
func (f *file) operation() error {
	e := Entry{File: f.name, Line: f.here()}
	has, isWhole := make(map[string]bool, 4), true
	parts := map[string]*string{"id": &e.ID, "name": &e.Name, "type": &e.Type, "body": &e.Text}
	err := f.members(func(name string) error {
		value, err := f.value()
		if err != nil {
			return err
		}
		part, known := parts[name]
		if !known {
			return f.skip(value)
		}
		has[name] = true
		text, isText := value.(string)
		if !isText {
			isWhole = false
			return errors.Join(f.skip(value), f.add(&f.listed.faults, f.fault("%q of an operation is no text", name)))
		}
		*part = text
		return nil
	})
	if err != nil || !isWhole {
		return err
	}
	for _, name := range []string{"id", "name", "type", "body"} {
		if !has[name] {
			return f.add(&f.listed.faults, &FileError{File: e.File, Line: e.Line, Reason: "an operation has no " + name})
		}
	}
	return f.keep(&f.listed, e)
}
