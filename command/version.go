package command

import "runtime/debug"

// version says which program this is, by what the Go command has noted in it: the tag or the commit that it was built from.
func version() string {
	build, ok := debug.ReadBuildInfo()
	if !ok {
		return "corpintel, unknown"
	}
	return "corpintel " + build.Main.Version + " (" + build.GoVersion + ")"
}
