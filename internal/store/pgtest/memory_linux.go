package pgtest

import "syscall"

// memory returns a folder whose files are in memory, or "", the folder of temporary files, if that has no room
// for the databases of tests. A database is created there in a fifth of the time.
func memory() string {
	const folder, room = "/dev/shm", 1 << 30 // bytes
	var system syscall.Statfs_t
	if err := syscall.Statfs(folder, &system); err != nil || system.Bavail*uint64(system.Bsize) < room { //nolint:gosec // a block has a size
		return ""
	}
	if err := syscall.Access(folder, 2 /* write */); err != nil {
		return ""
	}
	return folder
}
