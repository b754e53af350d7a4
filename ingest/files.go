package ingest

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// file is a file to look at.
type file struct {
	path  string
	size  int64
	named bool // by the user, not found in a folder
}

// findFiles returns the files at paths, those of a folder in the order of their names, with all folders below it.
// Links are followed, links to folders only when they are named themselves. What is neither file nor folder (a pipe, a
// device) is left out of folders; what cannot be looked at is not, so that its failure is reported.
func findFiles(ctx context.Context, paths []string) ([]file, error) {
	var files []file
	for _, path := range paths {
		info, err := os.Stat(path)
		switch {
		case err != nil:
			return nil, fmt.Errorf("import: %w", err)
		case info.Mode().IsRegular():
			files = append(files, file{path: path, size: info.Size(), named: true})
		case info.IsDir():
			if files, err = appendFolder(ctx, files, path); err != nil {
				return nil, fmt.Errorf("import %s: %w", path, err)
			}
		default:
			return nil, fmt.Errorf("import %s: neither a file nor a folder", path)
		}
	}
	return files, nil
}

func appendFolder(ctx context.Context, files []file, folder string) ([]file, error) {
	// The separator makes WalkDir go into a folder that is named through a link.
	err := filepath.WalkDir(folder+string(filepath.Separator), func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() {
			return ctx.Err()
		}
		f := file{path: filepath.Clean(path)}
		info, err := os.Stat(path)
		if err == nil {
			f.size = info.Size()
		}
		if err != nil || info.Mode().IsRegular() {
			files = append(files, f)
		}
		return nil
	})
	return files, err
}
