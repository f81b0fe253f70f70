/* file.h -- what the files of os/linux need of file.c. */
#ifndef AC_OS_LINUX_FILE_H
#define AC_OS_LINUX_FILE_H

/* Remember what descriptor 2 is; one system call, by ac_os_init. */
void ac_linux_file_init(void);

#endif
