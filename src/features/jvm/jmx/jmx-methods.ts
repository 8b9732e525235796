import { remoteMethod } from "../rmi/method.ts";

/** The remote methods of JMX (`javax.management.remote.rmi`), the same from JDK 8 to 25. */

const MBEAN = "javax/management/ObjectName";
const SUBJECT = "Ljavax/security/auth/Subject;";
const MARSHALLED = "java/rmi/MarshalledObject";
const STRING = "Ljava/lang/String;";
const OBJECT = "Ljava/lang/Object;";
const READS = { isRepeatable: true };

/** Of `RMIServer`, which the registry has as `jmxrmi`: logs in. A second login is forgotten where nobody uses it. */
export const NEW_CLIENT = remoteMethod(
  `newClient(${OBJECT})Ljavax/management/remote/rmi/RMIConnection;`,
  READS,
);

/** Of `RMIConnection`. */
export const METHODS = {
  getAttribute: remoteMethod(`getAttribute(L${MBEAN};${STRING}${SUBJECT})${OBJECT}`, READS),
  getAttributes: remoteMethod(
    `getAttributes(L${MBEAN};[${STRING}${SUBJECT})Ljavax/management/AttributeList;`,
    READS,
  ),
  setAttribute: remoteMethod(`setAttribute(L${MBEAN};L${MARSHALLED};${SUBJECT})V`),
  invoke: remoteMethod(`invoke(L${MBEAN};${STRING}L${MARSHALLED};[${STRING}${SUBJECT})${OBJECT}`),
  queryNames: remoteMethod(`queryNames(L${MBEAN};L${MARSHALLED};${SUBJECT})Ljava/util/Set;`, READS),
  getMBeanInfo: remoteMethod(`getMBeanInfo(L${MBEAN};${SUBJECT})Ljavax/management/MBeanInfo;`, READS),
  getDomains: remoteMethod(`getDomains(${SUBJECT})[${STRING}`, READS),
  getDefaultDomain: remoteMethod(`getDefaultDomain(${SUBJECT})${STRING}`, READS),
  isInstanceOf: remoteMethod(`isInstanceOf(L${MBEAN};${STRING}${SUBJECT})Z`, READS),
  addNotificationListeners: remoteMethod(
    `addNotificationListeners([L${MBEAN};[L${MARSHALLED};[${SUBJECT})[Ljava/lang/Integer;`,
  ),
  removeNotificationListeners: remoteMethod(
    `removeNotificationListeners(L${MBEAN};[Ljava/lang/Integer;${SUBJECT})V`,
  ),
  fetchNotifications: remoteMethod(
    "fetchNotifications(JIJ)Ljavax/management/remote/NotificationResult;",
    READS,
  ),
  close: remoteMethod("close()V"),
} as const;
