// Package embedded starts the servers the program needs when it was given no URL of one: a private PostgreSQL, run from
// the programs that are installed on the machine.
//
// It is for trying the program out, for one machine and for tests; what is shared by many belongs to a server somebody
// administers. Still, the data is somebody's, so durability stays on.
//
// What holds:
//
//   - There is one server per folder. The process that started it owns it; further processes on the same folder attach
//     to it, and lose it when its owner stops.
//   - The server is reached through a unix socket in a folder of mode 0700 and through nothing else.
//   - It never runs as root: root drops to the account postgres, or else nobody.
//   - It does not outlive its owner. On Linux the kernel stops it whatever becomes of the owner; elsewhere the next
//     start finds it and stops it.
//   - Data of another major version is refused, never re-initialised.
package embedded
