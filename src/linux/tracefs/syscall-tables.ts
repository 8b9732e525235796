/** Made by `npm run generate:syscalls` of the kernel's own headers and events: not to be changed by hand. */

/** The names of the system calls of each architecture in the order of their numbers; a number says where the next is. */
export const SYSCALL_NAMES = {
  x64: `
read write open close stat fstat lstat poll lseek mmap mprotect munmap brk rt_sigaction rt_sigprocmask
rt_sigreturn ioctl pread64 pwrite64 readv writev access pipe select sched_yield mremap msync mincore
madvise shmget shmat shmctl dup dup2 pause nanosleep getitimer alarm setitimer getpid sendfile socket
connect accept sendto recvfrom sendmsg recvmsg shutdown bind listen getsockname getpeername socketpair
setsockopt getsockopt clone fork vfork execve exit wait4 kill uname semget semop semctl shmdt msgget
msgsnd msgrcv msgctl fcntl flock fsync fdatasync truncate ftruncate getdents getcwd chdir fchdir rename
mkdir rmdir creat link unlink symlink readlink chmod fchmod chown fchown lchown umask gettimeofday
getrlimit getrusage sysinfo times ptrace getuid syslog getgid setuid setgid geteuid getegid setpgid
getppid getpgrp setsid setreuid setregid getgroups setgroups setresuid getresuid setresgid getresgid
getpgid setfsuid setfsgid getsid capget capset rt_sigpending rt_sigtimedwait rt_sigqueueinfo rt_sigsuspend
sigaltstack utime mknod uselib personality ustat statfs fstatfs sysfs getpriority setpriority
sched_setparam sched_getparam sched_setscheduler sched_getscheduler sched_get_priority_max
sched_get_priority_min sched_rr_get_interval mlock munlock mlockall munlockall vhangup modify_ldt
pivot_root _sysctl prctl arch_prctl adjtimex setrlimit chroot sync acct settimeofday mount umount2 swapon
swapoff reboot sethostname setdomainname iopl ioperm create_module init_module delete_module
get_kernel_syms query_module quotactl nfsservctl getpmsg putpmsg afs_syscall tuxcall security gettid
readahead setxattr lsetxattr fsetxattr getxattr lgetxattr fgetxattr listxattr llistxattr flistxattr
removexattr lremovexattr fremovexattr tkill time futex sched_setaffinity sched_getaffinity set_thread_area
io_setup io_destroy io_getevents io_submit io_cancel get_thread_area lookup_dcookie epoll_create
epoll_ctl_old epoll_wait_old remap_file_pages getdents64 set_tid_address restart_syscall semtimedop
fadvise64 timer_create timer_settime timer_gettime timer_getoverrun timer_delete clock_settime
clock_gettime clock_getres clock_nanosleep exit_group epoll_wait epoll_ctl tgkill utimes vserver mbind
set_mempolicy get_mempolicy mq_open mq_unlink mq_timedsend mq_timedreceive mq_notify mq_getsetattr
kexec_load waitid add_key request_key keyctl ioprio_set ioprio_get inotify_init inotify_add_watch
inotify_rm_watch migrate_pages openat mkdirat mknodat fchownat futimesat newfstatat unlinkat renameat
linkat symlinkat readlinkat fchmodat faccessat pselect6 ppoll unshare set_robust_list get_robust_list
splice tee sync_file_range vmsplice move_pages utimensat epoll_pwait signalfd timerfd_create eventfd
fallocate timerfd_settime timerfd_gettime accept4 signalfd4 eventfd2 epoll_create1 dup3 pipe2
inotify_init1 preadv pwritev rt_tgsigqueueinfo perf_event_open recvmmsg fanotify_init fanotify_mark
prlimit64 name_to_handle_at open_by_handle_at clock_adjtime syncfs sendmmsg setns getcpu process_vm_readv
process_vm_writev kcmp finit_module sched_setattr sched_getattr renameat2 seccomp getrandom memfd_create
kexec_file_load bpf execveat userfaultfd membarrier mlock2 copy_file_range preadv2 pwritev2 pkey_mprotect
pkey_alloc pkey_free statx io_pgetevents rseq 424 pidfd_send_signal io_uring_setup io_uring_enter
io_uring_register open_tree move_mount fsopen fsconfig fsmount fspick pidfd_open clone3 close_range
openat2 pidfd_getfd faccessat2 process_madvise epoll_pwait2 mount_setattr quotactl_fd
landlock_create_ruleset landlock_add_rule landlock_restrict_self memfd_secret process_mrelease futex_waitv
set_mempolicy_home_node cachestat fchmodat2 map_shadow_stack futex_wake futex_wait futex_requeue statmount
listmount lsm_get_self_attr lsm_set_self_attr lsm_list_modules mseal setxattrat getxattrat listxattrat
removexattrat open_tree_attr file_getattr file_setattr
`,
  ia32: `
restart_syscall exit fork read write open close waitpid creat link unlink execve chdir time mknod chmod
lchown break oldstat lseek getpid mount umount setuid getuid stime ptrace alarm oldfstat pause utime stty
gtty access nice ftime sync kill rename mkdir rmdir dup pipe times prof brk setgid getgid signal geteuid
getegid acct umount2 lock ioctl fcntl mpx setpgid ulimit oldolduname umask chroot ustat dup2 getppid
getpgrp setsid sigaction sgetmask ssetmask setreuid setregid sigsuspend sigpending sethostname setrlimit
getrlimit getrusage gettimeofday settimeofday getgroups setgroups select symlink oldlstat readlink uselib
swapon reboot readdir mmap munmap truncate ftruncate fchmod fchown getpriority setpriority profil statfs
fstatfs ioperm socketcall syslog setitimer getitimer stat lstat fstat olduname iopl vhangup idle vm86old
wait4 swapoff sysinfo ipc fsync sigreturn clone setdomainname uname modify_ldt adjtimex mprotect
sigprocmask create_module init_module delete_module get_kernel_syms quotactl getpgid fchdir bdflush sysfs
personality afs_syscall setfsuid setfsgid _llseek getdents _newselect flock msync readv writev getsid
fdatasync _sysctl mlock munlock mlockall munlockall sched_setparam sched_getparam sched_setscheduler
sched_getscheduler sched_yield sched_get_priority_max sched_get_priority_min sched_rr_get_interval
nanosleep mremap setresuid getresuid vm86 query_module poll nfsservctl setresgid getresgid prctl
rt_sigreturn rt_sigaction rt_sigprocmask rt_sigpending rt_sigtimedwait rt_sigqueueinfo rt_sigsuspend
pread64 pwrite64 chown getcwd capget capset sigaltstack sendfile getpmsg putpmsg vfork ugetrlimit mmap2
truncate64 ftruncate64 stat64 lstat64 fstat64 lchown32 getuid32 getgid32 geteuid32 getegid32 setreuid32
setregid32 getgroups32 setgroups32 fchown32 setresuid32 getresuid32 setresgid32 getresgid32 chown32
setuid32 setgid32 setfsuid32 setfsgid32 pivot_root mincore madvise getdents64 fcntl64 224 gettid readahead
setxattr lsetxattr fsetxattr getxattr lgetxattr fgetxattr listxattr llistxattr flistxattr removexattr
lremovexattr fremovexattr tkill sendfile64 futex sched_setaffinity sched_getaffinity set_thread_area
get_thread_area io_setup io_destroy io_getevents io_submit io_cancel fadvise64 252 exit_group
lookup_dcookie epoll_create epoll_ctl epoll_wait remap_file_pages set_tid_address timer_create
timer_settime timer_gettime timer_getoverrun timer_delete clock_settime clock_gettime clock_getres
clock_nanosleep statfs64 fstatfs64 tgkill utimes fadvise64_64 vserver mbind get_mempolicy set_mempolicy
mq_open mq_unlink mq_timedsend mq_timedreceive mq_notify mq_getsetattr kexec_load waitid 286 add_key
request_key keyctl ioprio_set ioprio_get inotify_init inotify_add_watch inotify_rm_watch migrate_pages
openat mkdirat mknodat fchownat futimesat fstatat64 unlinkat renameat linkat symlinkat readlinkat fchmodat
faccessat pselect6 ppoll unshare set_robust_list get_robust_list splice sync_file_range tee vmsplice
move_pages getcpu epoll_pwait utimensat signalfd timerfd_create eventfd fallocate timerfd_settime
timerfd_gettime signalfd4 eventfd2 epoll_create1 dup3 pipe2 inotify_init1 preadv pwritev rt_tgsigqueueinfo
perf_event_open recvmmsg fanotify_init fanotify_mark prlimit64 name_to_handle_at open_by_handle_at
clock_adjtime syncfs sendmmsg setns process_vm_readv process_vm_writev kcmp finit_module sched_setattr
sched_getattr renameat2 seccomp getrandom memfd_create bpf execveat socket socketpair bind connect listen
accept4 getsockopt setsockopt getsockname getpeername sendto sendmsg recvfrom recvmsg shutdown userfaultfd
membarrier mlock2 copy_file_range preadv2 pwritev2 pkey_mprotect pkey_alloc pkey_free statx arch_prctl
io_pgetevents rseq 393 semget semctl shmget shmctl shmat shmdt msgget msgsnd msgrcv msgctl clock_gettime64
clock_settime64 clock_adjtime64 clock_getres_time64 clock_nanosleep_time64 timer_gettime64 timer_settime64
timerfd_gettime64 timerfd_settime64 utimensat_time64 pselect6_time64 ppoll_time64 416 io_pgetevents_time64
recvmmsg_time64 mq_timedsend_time64 mq_timedreceive_time64 semtimedop_time64 rt_sigtimedwait_time64
futex_time64 sched_rr_get_interval_time64 pidfd_send_signal io_uring_setup io_uring_enter
io_uring_register open_tree move_mount fsopen fsconfig fsmount fspick pidfd_open clone3 close_range
openat2 pidfd_getfd faccessat2 process_madvise epoll_pwait2 mount_setattr quotactl_fd
landlock_create_ruleset landlock_add_rule landlock_restrict_self memfd_secret process_mrelease futex_waitv
set_mempolicy_home_node cachestat fchmodat2 map_shadow_stack futex_wake futex_wait futex_requeue statmount
listmount lsm_get_self_attr lsm_set_self_attr lsm_list_modules mseal setxattrat getxattrat listxattrat
removexattrat open_tree_attr file_getattr file_setattr
`,
  arm64: `
io_setup io_destroy io_submit io_cancel io_getevents setxattr lsetxattr fsetxattr getxattr lgetxattr
fgetxattr listxattr llistxattr flistxattr removexattr lremovexattr fremovexattr getcwd lookup_dcookie
eventfd2 epoll_create1 epoll_ctl epoll_pwait dup dup3 fcntl inotify_init1 inotify_add_watch
inotify_rm_watch ioctl ioprio_set ioprio_get flock mknodat mkdirat unlinkat symlinkat linkat renameat
umount2 mount pivot_root nfsservctl statfs fstatfs truncate ftruncate fallocate faccessat chdir fchdir
chroot fchmod fchmodat fchownat fchown openat close vhangup pipe2 quotactl getdents64 lseek read write
readv writev pread64 pwrite64 preadv pwritev sendfile pselect6 ppoll signalfd4 vmsplice splice tee
readlinkat newfstatat fstat sync fsync fdatasync sync_file_range timerfd_create timerfd_settime
timerfd_gettime utimensat acct capget capset personality exit exit_group waitid set_tid_address unshare
futex set_robust_list get_robust_list nanosleep getitimer setitimer kexec_load init_module delete_module
timer_create timer_gettime timer_getoverrun timer_settime timer_delete clock_settime clock_gettime
clock_getres clock_nanosleep syslog ptrace sched_setparam sched_setscheduler sched_getscheduler
sched_getparam sched_setaffinity sched_getaffinity sched_yield sched_get_priority_max
sched_get_priority_min sched_rr_get_interval restart_syscall kill tkill tgkill sigaltstack rt_sigsuspend
rt_sigaction rt_sigprocmask rt_sigpending rt_sigtimedwait rt_sigqueueinfo rt_sigreturn setpriority
getpriority reboot setregid setgid setreuid setuid setresuid getresuid setresgid getresgid setfsuid
setfsgid times setpgid getpgid getsid setsid getgroups setgroups uname sethostname setdomainname getrlimit
setrlimit getrusage umask prctl getcpu gettimeofday settimeofday adjtimex getpid getppid getuid geteuid
getgid getegid gettid sysinfo mq_open mq_unlink mq_timedsend mq_timedreceive mq_notify mq_getsetattr
msgget msgctl msgrcv msgsnd semget semctl semtimedop semop shmget shmctl shmat shmdt socket socketpair
bind listen accept connect getsockname getpeername sendto recvfrom setsockopt getsockopt shutdown sendmsg
recvmsg readahead brk munmap mremap add_key request_key keyctl clone execve mmap fadvise64 swapon swapoff
mprotect msync mlock munlock mlockall munlockall mincore madvise remap_file_pages mbind get_mempolicy
set_mempolicy migrate_pages move_pages rt_tgsigqueueinfo perf_event_open accept4 recvmmsg 260 wait4
prlimit64 fanotify_init fanotify_mark name_to_handle_at open_by_handle_at clock_adjtime syncfs setns
sendmmsg process_vm_readv process_vm_writev kcmp finit_module sched_setattr sched_getattr renameat2
seccomp getrandom memfd_create bpf execveat userfaultfd membarrier mlock2 copy_file_range preadv2 pwritev2
pkey_mprotect pkey_alloc pkey_free statx io_pgetevents rseq kexec_file_load 403 clock_gettime64
clock_settime64 clock_adjtime64 clock_getres_time64 clock_nanosleep_time64 timer_gettime64 timer_settime64
timerfd_gettime64 timerfd_settime64 utimensat_time64 pselect6_time64 ppoll_time64 416 io_pgetevents_time64
recvmmsg_time64 mq_timedsend_time64 mq_timedreceive_time64 semtimedop_time64 rt_sigtimedwait_time64
futex_time64 sched_rr_get_interval_time64 pidfd_send_signal io_uring_setup io_uring_enter
io_uring_register open_tree move_mount fsopen fsconfig fsmount fspick pidfd_open clone3 close_range
openat2 pidfd_getfd faccessat2 process_madvise epoll_pwait2 mount_setattr quotactl_fd
landlock_create_ruleset landlock_add_rule landlock_restrict_self memfd_secret process_mrelease futex_waitv
set_mempolicy_home_node cachestat fchmodat2 map_shadow_stack futex_wake futex_wait futex_requeue statmount
listmount lsm_get_self_attr lsm_set_self_attr lsm_list_modules mseal setxattrat getxattrat listxattrat
removexattrat open_tree_attr file_getattr file_setattr
`,
} as const;

/**
 * What the arguments of each call are: `f` a descriptor, `s` the address of a path, `p` another address, `i` a signed
 * number of 32 bits, `u` an unsigned one, `h` one of bits or a choice, `o` permissions, `l` a signed number of the
 * length of an address, `z` a size, `x` another number of that length.
 */
export const SYSCALL_ARGUMENTS = `
accept:fpp accept4:fpph access:sh acct:s add_key:pppzi adjtimex:p alarm:u arch_prctl:hx bind:fpi bpf:hpu
brk:x cachestat:fpph capget:ii capset:ii chdir:s chmod:so chown:suu chroot:s clock_adjtime:ip
clock_getres:ip clock_gettime:ip clock_nanosleep:ihpp clock_settime:ip clone:hxppx clone3:pz close:f
close_range:fuh connect:fpi copy_file_range:fpfpzh creat:so delete_module:ph dup:f dup2:fu dup3:fuh
epoll_create:i epoll_create1:h epoll_ctl:fhfp epoll_pwait:fpiipz epoll_pwait2:fpippz epoll_wait:fpii
eventfd:u eventfd2:uh execve:spp execveat:fspph exit:i exit_group:i faccessat:fsh faccessat2:fshh
fadvise64:flzi fallocate:fhll fanotify_init:hh fanotify_mark:fhhfs fchdir:f fchmod:fo fchmodat:fso
fchmodat2:fsoh fchown:fuu fchownat:fsuuh fcntl:fhx fdatasync:f fgetxattr:fppz file_getattr:fspzh
file_setattr:fspzh finit_module:fph flistxattr:fpz flock:fh fork: fremovexattr:fp fsconfig:fhppi
fsetxattr:fppzh fsmount:fhh fsopen:ph fspick:fsh fstat:fp fstatfs:fp fsync:f ftruncate:fl futex:phuppu
futex_requeue:phii futex_wait:pxhhpi futex_waitv:puhpi futex_wake:phih futimesat:fsp get_mempolicy:ppxxh
get_robust_list:ipp getcpu:ppp getcwd:px getdents:fpu getdents64:fpu getegid: geteuid: getgid:
getgroups:ip getitimer:ip getpeername:fpp getpgid:i getpgrp: getpid: getppid: getpriority:ii getrandom:pzh
getresgid:ppp getresuid:ppp getrlimit:up getrusage:ip getsid:i getsockname:fpp getsockopt:fiipp gettid:
gettimeofday:pp getuid: getxattr:sppz getxattrat:fshppz init_module:pzp inotify_add_watch:fsh
inotify_init: inotify_init1:h inotify_rm_watch:fi io_cancel:xpp io_destroy:x io_getevents:xllpp
io_pgetevents:xllppp io_setup:up io_submit:xlp io_uring_enter:fuuhpz io_uring_register:fupu
io_uring_setup:up ioctl:fhx ioperm:xxi iopl:u ioprio_get:ii ioprio_set:iii kcmp:iiixx keyctl:hxxxx kill:ii
landlock_add_rule:fiph landlock_create_ruleset:pzh landlock_restrict_self:fh lchown:suu lgetxattr:sppz
link:ss linkat:fsfsh listen:fi listmount:ppzh listxattr:spz listxattrat:fshpz llistxattr:spz
lremovexattr:sp lseek:flu lsetxattr:sppzh lsm_get_self_attr:upph lsm_list_modules:pph
lsm_set_self_attr:upuh lstat:sp madvise:xzh map_shadow_stack:xzh mbind:xxhpxh membarrier:hhi
memfd_create:ph memfd_secret:h migrate_pages:ixpp mincore:xzp mkdir:so mkdirat:fso mknod:sou mknodat:fsou
mlock:xz mlock2:xzh mlockall:h mmap:xxhhfx modify_ldt:ipx mount:ssphp mount_setattr:fshpz move_mount:fsfsh
move_pages:ixppph mprotect:xzh mq_getsetattr:fpp mq_notify:fp mq_open:piop mq_timedreceive:fpzpp
mq_timedsend:fpzup mq_unlink:p mremap:xxxhx mseal:xzh msgctl:ihp msgget:ii msgrcv:ipzli msgsnd:ipzi
msync:xzh munlock:xz munlockall: munmap:xz name_to_handle_at:fspph nanosleep:pp newfstatat:fsph open:sho
open_by_handle_at:fph open_tree:fsh open_tree_attr:fshpz openat:fsho openat2:fspz pause:
perf_event_open:piifh personality:u pidfd_getfd:fih pidfd_open:ih pidfd_send_signal:fiph pipe:p pipe2:ph
pivot_root:ss pkey_alloc:hx pkey_free:i pkey_mprotect:xzhi poll:pui ppoll:puppz prctl:hxxxx pread64:fpzl
preadv:fpxxx preadv2:fpxxxh prlimit64:iupp process_madvise:fpzhh process_mrelease:fh
process_vm_readv:ipxpxh process_vm_writev:ipxpxh pselect6:ippppp ptrace:hlxx pwrite64:fpzl pwritev:fpxxx
pwritev2:fpxxxh quotactl:hsup quotactl_fd:fhup read:fpz readahead:flz readlink:spi readlinkat:fspi
readv:fpx reboot:iihp recvfrom:fpzhpp recvmmsg:fpuhp recvmsg:fph remap_file_pages:xxhxh removexattr:sp
removexattrat:fshp rename:ss renameat:fsfs renameat2:fsfsh request_key:pppi restart_syscall: rmdir:s
rseq:puhu rt_sigaction:ippz rt_sigpending:pz rt_sigprocmask:hppz rt_sigqueueinfo:iip rt_sigreturn:
rt_sigsuspend:pz rt_sigtimedwait:pppz rt_tgsigqueueinfo:iiip sched_get_priority_max:i
sched_get_priority_min:i sched_getaffinity:iup sched_getattr:ipuh sched_getparam:ip sched_getscheduler:i
sched_rr_get_interval:ip sched_setaffinity:iup sched_setattr:iph sched_setparam:ip sched_setscheduler:iip
sched_yield: seccomp:hhp select:ipppp semctl:iihx semget:iii semop:ipu semtimedop:ipup sendfile:ffpz
sendmmsg:fpuh sendmsg:fph sendto:fpzhpi set_mempolicy:hpx set_mempolicy_home_node:xxxh set_robust_list:pz
set_tid_address:p setdomainname:pi setfsgid:u setfsuid:u setgid:u setgroups:ip sethostname:pi
setitimer:ipp setns:fh setpgid:ii setpriority:iii setregid:uu setresgid:uuu setresuid:uuu setreuid:uu
setrlimit:up setsid: setsockopt:fiipi settimeofday:pp setuid:u setxattr:sppzh setxattrat:fshppz shmat:ipi
shmctl:ihp shmdt:p shmget:izi shutdown:fh sigaltstack:pp signalfd:fpz signalfd4:fpzh socket:iii
socketpair:iiip splice:fpfpzh stat:sp statfs:sp statmount:ppzh statx:fshhp swapoff:s swapon:sh symlink:ss
symlinkat:sfs sync: sync_file_range:fllh syncfs:f sysfs:hxx sysinfo:p syslog:ipi tee:ffzh tgkill:iii
time:p timer_create:ipp timer_delete:i timer_getoverrun:i timer_gettime:ip timer_settime:ihpp
timerfd_create:ih timerfd_gettime:fp timerfd_settime:fhpp times:p tkill:ii truncate:sl umask:h umount2:sh
uname:p unlink:s unlinkat:fsh unshare:h uprobe: uretprobe: userfaultfd:h ustat:up utime:sp utimensat:fsph
utimes:sp vfork: vhangup: vmsplice:fpxh wait4:ipip waitid:iipip write:fpz writev:fpx
`;
