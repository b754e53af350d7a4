package migrations

// The tests need migrations of their own.
var (
	UpFrom     = up
	DownFrom   = down
	StatusFrom = status
	LockID     = lockID
	Files      = files
)
